import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Route, Routes } from 'react-router';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeEventSource } from '../../../test/event-source';
import { expectAccessible, renderPage } from '../../../test/render-page';
import { accountOf, agentInFull, agentOf, limitsOf, pageOf, usageOf } from '../../../test/rows';
import { problem, Reply, type Asked, server } from '../../../test/server';
import { AgentPage } from './agent-page';
import { medianOf, spent } from './wake-section';

const at = '2026-11-24T12:00:00.000Z';
const ready = { type: 'Ready', status: 'True', reason: 'Ready', message: 'the gateway answers', lastTransition: at };
const refused = { type: 'ConfigurationApplied', status: 'False', reason: 'ConfigurationInvalid', message: 'no usable provider', lastTransition: at };
const event = (id: number, reason: string) => ({ id, at, severity: 'normal', reason, message: `message ${id}`, count: 1 });
const path = 'GET /api/fleet/user/a1';

afterEach(() => void vi.useRealTimers());
beforeEach(() => {
  server
    .on('GET /api/users', pageOf([accountOf({ id: 'u1', name: 'Alice' })]))
    .on('GET /api/settings/limits', limitsOf())
    .on(path, agentInFull({ id: 'a1', owner: 'u1', conditions: [ready, refused] }))
    .on('GET /api/fleet/usage', { items: [], problem: null })
    .on(`${path}/wakes`, { items: [] })
    .on(`${path}/events`, pageOf([]));
});

const open = (address = '/user/a1') =>
  renderPage(
    <Routes>
      <Route path=":kind/:id" element={<AgentPage />} />
    </Routes>,
    address,
  );

describe('the page of one agent', () => {
  it('shows its conditions with their reasons, and what it may use', async () => {
    open();
    const conditions = await screen.findByRole('table', { name: 'Conditions' });
    expect(within(conditions).getByText('no usable provider')).toBeVisible();
    expect(screen.getByText(/1\.5 GiB · 2 CPUs · 256 processes/)).toBeVisible();
    expect(screen.getByRole('heading', { level: 1, name: 'Alice' })).toBeVisible();
    await expectAccessible();
  });

  it('gives it another token after a question only', async () => {
    const rotate = 'POST /api/fleet/user/a1/rotate-token';
    server.on(rotate, new Reply(202, agentInFull({ id: 'a1', owner: 'u1', phase: 'draining' })));
    open();
    await userEvent.click(await screen.findByRole('button', { name: 'New gateway token' }));
    const dialog = await screen.findByRole('dialog', { name: 'Give Alice a new gateway token?' });
    expect(server.requests(rotate)).toHaveLength(0);
    await userEvent.click(within(dialog).getByRole('button', { name: 'New gateway token' }));
    expect(await screen.findByText('Alice gets a new gateway token once its turns have ended')).toBeVisible();
    expect(server.requests(rotate)).toHaveLength(1);
    await expectAccessible();
  });

  it('shows what it uses, and no other agent’s use', async () => {
    server.on('GET /api/fleet/usage', { items: [usageOf({ id: 'a2', processes: 99 }), usageOf({ id: 'a1', processes: 33 })], problem: null });
    open();
    expect(await screen.findByText('700 MiB of 1536 MiB · 0.25 CPU · 33 processes')).toBeVisible();
    expect(screen.queryByText(/99 processes/)).toBeNull();
  });

  it('tells what happened without any change of its status, such as an address that was refused', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    open();
    await screen.findByText('Nothing yet.');
    const refusal = { ...event(9, 'EgressRefused'), severity: 'warning', message: 'evil.example:443: not allowed', count: 3 };
    server.on(`${path}/events`, pageOf([refusal]));
    await vi.advanceTimersByTimeAsync(10_000);
    const [item] = within(await screen.findByRole('list', { name: 'What happened' })).getAllByRole('listitem');
    expect(item).toHaveTextContent('EgressRefused');
    expect(item).toHaveTextContent('3 times');
    expect(item).toHaveTextContent('evil.example:443: not allowed');
  });

  it('loads older events on demand', async () => {
    server.on(`${path}/events`, ({ query }: Asked) => (query.after === '7' ? pageOf([event(3, 'Starting')]) : pageOf([event(7, 'Ready')], '7')));
    open();
    const list = await screen.findByRole('list', { name: 'What happened' });
    expect(within(list).getAllByRole('listitem')).toHaveLength(1);
    await userEvent.click(screen.getByRole('button', { name: 'Older' }));
    expect(await within(list).findByText('message 3')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Older' })).toBeNull();
  });

  it('plots how long its starts took and says it in words', async () => {
    const wakes = [9_000, 300, 12_000].map((tookMs, index) => ({ readyAt: `2026-11-2${index}T12:00:00.000Z`, tookMs, start: tookMs < 1000 ? 'thawed' : 'cold' }));
    server.on(`${path}/wakes`, { items: wakes });
    open();
    expect(await screen.findByRole('img', { name: /3 starts, median 9\.0 s, longest 12 s/ })).toBeVisible();
    await userEvent.click(screen.getByText('As a table'));
    expect(screen.getByText('0.3 s')).toBeVisible();
  });

  it('takes what the stream says and asks then for what happened', async () => {
    open();
    await screen.findByRole('table', { name: 'Conditions' });
    const asked = server.requests(`${path}/events`).length;
    FakeEventSource.latest().send('agent', agentOf({ id: 'a1', owner: 'u1', phase: 'draining', reason: 'Draining', message: 'will restart' }));
    expect(await screen.findByText('will restart')).toBeVisible();
    await waitFor(() => expect(server.requests(`${path}/events`).length).toBeGreaterThan(asked));
    expect(server.requests(path)).toHaveLength(1);
  });

  it('shows what other limits restart before it sends them', async () => {
    const effects = [{ agent: { kind: 'user', id: 'a1', name: 'u1' }, effect: 'restart' }];
    server.on('PATCH /api/fleet/user/a1', ({ query }: Asked) => (query.dryRun ? { affects: effects } : agentInFull({ id: 'a1', owner: 'u1', generation: 2, effects: effects as never })));
    open();
    await userEvent.type(await screen.findByLabelText('Memory (MiB)'), '2048');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    const dialog = await screen.findByRole('dialog', { name: 'Change its resources?' });
    expect(await within(dialog).findByText(/restarts, once/)).toHaveTextContent('Alice: restarts, once running turns have ended');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved. One agent restarts.')).toBeVisible();
    const [dry, real] = server.requests('PATCH /api/fleet/user/a1');
    expect([dry?.query, dry?.body, real?.body]).toEqual([{ dryRun: 'true' }, { memoryMb: 2048 }, { memoryMb: 2048 }]);
    expect(real?.headers.get('If-Match')).toBe('"1"');
  });

  it('says that an agent is no more', async () => {
    server.on(path, problem(404, 'not-found', 'There is no such thing.'));
    open();
    expect(await screen.findByRole('heading', { level: 1, name: 'This agent is no more' })).toBeVisible();
  });

  it('is none for a kind that does not exist', () => {
    open('/other/a1');
    expect(screen.getByText('There is no such page')).toBeVisible();
  });
});

it('takes the median of an even number between the middle two', () => {
  expect([medianOf([4, 1, 3, 2]), medianOf([5]), medianOf([])]).toEqual([2.5, 5, 0]);
});

it('tells time spent in the unit that fits', () => {
  expect([spent(312), spent(9_960), spent(12_400), spent(65_000)]).toEqual(['0.3 s', '10.0 s', '12 s', '1 min 5 s']);
});
