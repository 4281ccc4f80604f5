import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { FakeEventSource } from '../../../test/event-source';
import { expectAccessible, renderPage } from '../../../test/render-page';
import { accountOf, agentOf, limitsOf, pageOf, usageOf } from '../../../test/rows';
import { problem, server } from '../../../test/server';
import { FleetPage } from './fleet-page';

const alice = agentOf({ owner: 'u1', id: 'a1' });
const bob = agentOf({ owner: 'u2', id: 'a2', phase: 'stopped', reason: 'Idle', message: 'asleep since it was idle', readyAt: null });

beforeEach(() => {
  server
    .on('GET /api/users', pageOf([accountOf({ id: 'u1', name: 'Alice' }), accountOf({ id: 'u2', name: 'Bob' })]))
    .on('GET /api/settings/limits', limitsOf())
    .on('GET /api/fleet/usage', { items: [], problem: null })
    .on('GET /api/fleet', pageOf([alice, bob]));
});

const rowOf = async (name: string) => (await screen.findByRole('link', { name })).closest('tr') as HTMLElement;

describe('the fleet', () => {
  it('names owners and says why each agent is as it is', async () => {
    renderPage(<FleetPage />);
    expect(within(await rowOf('Alice')).getByText('Running')).toBeVisible();
    expect(within(await rowOf('Bob')).getByText('asleep since it was idle')).toBeVisible();
    expect(within(await rowOf('Alice')).getByText('1.5 GiB · 2 CPUs')).toBeVisible();
    await expectAccessible();
  });

  it('shows what each running agent uses, and the fleet also where that cannot be had', async () => {
    server.on('GET /api/fleet/usage', { items: [usageOf({ id: 'a1' }), usageOf({ id: 'a2' })], problem: null }); // the second has just fallen asleep
    const { unmount } = renderPage(<FleetPage />);
    expect(await within(await rowOf('Alice')).findByText('uses 700 MiB · 0.25 CPU')).toBeVisible();
    expect(within(await rowOf('Bob')).queryByText(/^uses/)).toBeNull();
    unmount();
    server.on('GET /api/fleet/usage', problem(503, 'database-away', 'The database does not answer.'));
    renderPage(<FleetPage />);
    expect(within(await rowOf('Alice')).getByText('1.5 GiB · 2 CPUs')).toBeVisible();
  });

  it('changes as the stream tells it, without asking again', async () => {
    renderPage(<FleetPage />);
    await rowOf('Bob');
    const asked = server.requests('GET /api/fleet').length;
    const stream = FakeEventSource.latest();
    stream.accept();
    expect(screen.getByText('Live')).toBeVisible();
    stream.send('agent', { ...bob, phase: 'starting', reason: 'Starting', message: 'the gateway is booting' });
    expect(await within(await rowOf('Bob')).findByText('Starting')).toBeVisible();
    stream.send('gone', { kind: 'user', id: 'a1' });
    await waitFor(() => expect(screen.queryByRole('link', { name: 'Alice' })).toBeNull());
    expect(server.requests('GET /api/fleet')).toHaveLength(asked);
  });

  it('reads the list again when the stream says that something was missed', async () => {
    renderPage(<FleetPage />);
    await rowOf('Bob');
    server.on('GET /api/fleet', pageOf([alice]));
    FakeEventSource.latest().send('missed', {});
    await waitFor(() => expect(screen.queryByRole('link', { name: 'Bob' })).toBeNull());
  });

  it('says when it is not live any more', async () => {
    renderPage(<FleetPage />);
    FakeEventSource.latest().accept();
    FakeEventSource.latest().breakOff(false);
    expect(await screen.findByText(/connection was lost/)).toBeVisible();
  });

  it('asks the server for what the filters in the address say', async () => {
    server.on('GET /api/fleet', pageOf([]));
    renderPage(<FleetPage />, '/?kind=system&phase=failed&search=x');
    expect(await screen.findByText('No agent matches')).toBeVisible();
    expect(server.requests('GET /api/fleet')[0]?.query).toMatchObject({ kind: 'system', phase: 'failed', search: 'x' });
    await userEvent.click(screen.getByRole('button', { name: 'Show all' }));
    await waitFor(() => expect(server.requests('GET /api/fleet').at(-1)?.query).toEqual({ limit: '100' }));
  });

  it('shows what went wrong, and tries again', async () => {
    server.on('GET /api/fleet', problem(503, 'database-away', 'The database does not answer.'));
    renderPage(<FleetPage />);
    expect(await screen.findByText('The database does not answer.')).toBeVisible();
    server.on('GET /api/fleet', pageOf([alice]));
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await rowOf('Alice')).toBeVisible();
  });

  it('shows the next page on demand', async () => {
    server.on('GET /api/fleet', ({ query }: { query: Record<string, string> }) => (query.after ? pageOf([bob]) : pageOf([alice], 'user/a1')));
    renderPage(<FleetPage />);
    await userEvent.click(await screen.findByRole('button', { name: 'Load more' }));
    expect(await rowOf('Bob')).toBeVisible();
  });
});

async function choose(name: string, item: string) {
  await userEvent.click(await screen.findByRole('button', { name: `Actions for ${name}` }));
  await userEvent.click(await screen.findByRole('menuitem', { name: item }));
}

describe('what an admin does in the fleet', () => {
  it('stops only after a question', async () => {
    server.on('POST /api/fleet/user/a1/stop', alice);
    renderPage(<FleetPage />);
    await choose('Alice', 'Stop');
    const dialog = await screen.findByRole('dialog', { name: 'Stop Alice?' });
    expect(server.requests('POST /api/fleet/user/a1/stop')).toHaveLength(0);
    await userEvent.click(within(dialog).getByRole('button', { name: 'Stop' }));
    expect(await screen.findByText('Alice is being stopped')).toBeVisible();
  });

  it('gives an agent another gateway token after a question only', async () => {
    server.on('POST /api/fleet/user/a1/rotate-token', alice);
    renderPage(<FleetPage />);
    await choose('Alice', 'New gateway token');
    const dialog = await screen.findByRole('dialog', { name: 'Give Alice a new gateway token?' });
    expect(server.requests('POST /api/fleet/user/a1/rotate-token')).toHaveLength(0);
    await userEvent.click(within(dialog).getByRole('button', { name: 'New gateway token' }));
    await waitFor(() => expect(server.requests('POST /api/fleet/user/a1/rotate-token')).toHaveLength(1));
  });

  it('shows why it could not start an agent', async () => {
    server.on('POST /api/fleet/user/a2/start', problem(409, 'refused-by-rule', 'This agent is being deleted.'));
    renderPage(<FleetPage />);
    await choose('Bob', 'Start');
    expect(await screen.findByText('This agent is being deleted.')).toBeVisible();
  });

  it('purges only what was typed', async () => {
    server.on('DELETE /api/fleet/user/a1', alice);
    renderPage(<FleetPage />);
    await choose('Alice', 'Delete…');
    const dialog = await screen.findByRole('dialog', { name: 'Delete Alice?' });
    await userEvent.click(within(dialog).getByRole('radio', { name: 'Purge it' }));
    const button = within(dialog).getByRole('button', { name: 'Delete and purge' });
    const typed = within(dialog).getByRole('textbox', { name: /Type “u1”/ });
    await userEvent.type(typed, 'u');
    expect(button).toBeDisabled();
    await userEvent.type(typed, '1');
    await userEvent.click(button);
    await waitFor(() => expect(server.requests('DELETE /api/fleet/user/a1')).toHaveLength(1));
    expect(server.requests('DELETE /api/fleet/user/a1')[0]).toMatchObject({ query: { purge: 'true' }, body: { confirm: 'u1' } });
  });

  it('keeps what an agent stored unless told otherwise', async () => {
    server.on('DELETE /api/fleet/user/a1', alice);
    renderPage(<FleetPage />);
    await choose('Alice', 'Delete…');
    await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Delete' }));
    await waitFor(() => expect(server.requests('DELETE /api/fleet/user/a1')).toHaveLength(1));
    expect(server.requests('DELETE /api/fleet/user/a1')[0]?.query).toEqual({});
  });

  it('stops all of a kind and says how many', async () => {
    server.on('POST /api/fleet/stop-all', { stopped: 2 });
    renderPage(<FleetPage />);
    await userEvent.click(screen.getByRole('button', { name: 'Stop all…' }));
    await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Stop' }));
    expect(await screen.findByText('2 agents are being stopped')).toBeVisible();
    expect(server.requests('POST /api/fleet/stop-all')[0]?.body).toEqual({ kind: 'user' });
  });
});
