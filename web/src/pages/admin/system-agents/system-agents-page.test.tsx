import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { expectAccessible, renderPage } from '../../../test/render-page';
import { agentInFull, agentOf, limitsOf, pageOf } from '../../../test/rows';
import { type Asked, problem, Reply, server } from '../../../test/server';
import { SystemAgentsPage } from './system-agents-page';

const main = { kind: 'system', id: 's1', owner: 'mosaic-main', name: 'mosaic-main', role: 'orchestrator' } as const;
const defaults = [
  { agent: 'main', name: 'mosaic-main', role: 'orchestrator', purpose: 'User-facing', memoryMb: 2048 },
  { agent: 'projects', name: 'mosaic-projects', role: 'developer', purpose: 'Coding', memoryMb: 4096 },
];

beforeEach(() => {
  server
    .on('GET /api/fleet', pageOf([agentOf(main)]))
    .on('GET /api/settings/limits', limitsOf())
    .on('GET /api/system-agents/choices', { agents: defaults, providers: [{ id: 'p1', name: 'first' }], models: ['first/m1', 'first/m2'] });
});

const dialog = (name: string) => screen.findByRole('dialog', { name });

describe('system agents', () => {
  it('are shown with the default ones that are not made yet', async () => {
    renderPage(<SystemAgentsPage />);
    expect(await screen.findByRole('button', { name: 'Make mosaic-projects' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Make mosaic-main' })).toBeNull();
    expect(server.requests('GET /api/fleet')[0]?.query.kind).toBe('system');
    await expectAccessible();
  });

  it('are made from a default role with a model that admins share', async () => {
    server.on('POST /api/system-agents', new Reply(201, { id: 's2', name: 'mosaic-projects', role: 'developer', primaryModel: 'first/m2', isActive: true, effects: [] }));
    renderPage(<SystemAgentsPage />);
    await userEvent.click(await screen.findByRole('button', { name: 'Make mosaic-projects' }));
    const form = await dialog('New system agent');
    expect(within(form).getByLabelText(/^Role/)).toHaveValue('developer');
    expect(within(form).getByRole('button', { name: 'Make it' })).toBeDisabled();
    await userEvent.click(within(form).getByRole('textbox', { name: /^Model/ }));
    await userEvent.click(await screen.findByRole('option', { name: 'first/m2' }));
    await userEvent.click(within(form).getByRole('button', { name: 'Make it' }));
    expect(await screen.findByText('mosaic-projects is made and starts now')).toBeVisible();
    const sent = { name: 'mosaic-projects', role: 'developer', primaryModel: 'first/m2', providerId: null, isActive: true, memoryMb: 4096, cpuMilli: null, image: null };
    expect(server.requests('POST /api/system-agents')[0]?.body).toEqual(sent);
  });

  it('show at the field what the server cannot take', async () => {
    server.on('POST /api/system-agents', problem(422, 'invalid-field', 'Some fields cannot be taken.', [{ field: 'name', message: 'must begin with a letter' }]));
    server.on('GET /api/system-agents/choices', { agents: defaults, providers: [], models: ['first/m1'] });
    renderPage(<SystemAgentsPage />);
    await userEvent.click(await screen.findByRole('button', { name: 'Make mosaic-projects' }));
    await userEvent.click(within(await dialog('New system agent')).getByRole('button', { name: 'Make it' }));
    await waitFor(() => expect(screen.getByLabelText(/^Name/)).toHaveAccessibleDescription(/must begin with a letter/));
  });

  it('are edited as they are now, after a look at what restarts', async () => {
    const affects = [{ agent: { kind: 'system', id: 's1', name: 'mosaic-main' }, effect: 'reload' }];
    server
      .on('GET /api/fleet/system/s1', agentInFull({ ...main, generation: 4, primaryModel: 'first/m1', providerId: 'p1', memoryMb: 2048 }))
      .on('PUT /api/system-agents/s1', ({ query }: Asked) =>
        query.dryRun ? { affects } : { id: 's1', name: 'mosaic-main', role: 'boss', primaryModel: 'first/m1', isActive: true, effects: affects },
      );
    renderPage(<SystemAgentsPage />);
    const edit = await screen.findByRole('button', { name: 'Edit mosaic-main' });
    await waitFor(() => expect(edit).toBeEnabled());
    await userEvent.click(edit);
    const role = await screen.findByLabelText(/^Role/);
    await userEvent.clear(role);
    await userEvent.type(role, 'boss');
    await userEvent.click(within(await dialog('Edit mosaic-main')).getByRole('button', { name: 'Save' }));
    const confirm = await dialog('Change mosaic-main?');
    expect(await within(confirm).findByText(/takes the change over/)).toBeVisible();
    await userEvent.click(within(confirm).getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved. Nothing restarts.')).toBeVisible();
    const real = server.requests('PUT /api/system-agents/s1').at(-1);
    expect(real?.headers.get('If-Match')).toBe('"4"');
    expect(real?.body).toMatchObject({ role: 'boss', primaryModel: 'first/m1', providerId: 'p1', memoryMb: 2048 });
  });

  it('lead to the providers when no model is shared', async () => {
    server.on('GET /api/system-agents/choices', { agents: defaults, providers: [], models: [] });
    renderPage(<SystemAgentsPage />);
    await userEvent.click(await screen.findByRole('button', { name: 'Make mosaic-projects' }));
    expect(await screen.findByRole('link', { name: 'To your providers' })).toHaveAttribute('href', '/settings/providers');
  });
});
