import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { expectAccessible, renderPage } from '../../../test/render-page';
import { limitsOf, pageOf } from '../../../test/rows';
import { type Asked, problem, Reply, server } from '../../../test/server';
import { limitChanges, limitsDraftOf } from './limit-fields';
import { LimitsPage } from './limits-page';

const put = 'PUT /api/settings/limits';

beforeEach(() => {
  server
    .on('GET /api/users', pageOf([]))
    .on('GET /api/settings/limits', new Reply(200, limitsOf({ fixed: ['image'] }), { ETag: '"abc"' }))
    .on(put, ({ query }: Asked) => (query.dryRun ? { affects: [] } : { ...limitsOf(), effects: [] }));
});

async function saveAnyway() {
  await userEvent.click(screen.getByRole('button', { name: 'Save…' }));
  return screen.findByRole('dialog', { name: 'Change the limits?' });
}

describe('the limits', () => {
  it('that the environment fixes are shown and cannot be changed', async () => {
    renderPage(<LimitsPage />);
    const image = await screen.findByLabelText('Image');
    expect(image).toBeDisabled();
    expect(image).toHaveValue('agent:1');
    expect(image).toHaveAccessibleDescription('Fixed by the environment');
    await expectAccessible();
  });

  it('are sent as far as they differ, after a look at what restarts', async () => {
    renderPage(<LimitsPage />);
    const running = await screen.findByLabelText('Agents that run at once');
    expect(screen.getByRole('button', { name: 'Save…' })).toBeDisabled();
    await userEvent.clear(running);
    await userEvent.type(running, '5');
    await userEvent.click(screen.getByRole('switch', { name: /^Freeze idle agents/ }));
    await userEvent.clear(screen.getByLabelText('Processes'));
    expect(screen.getByText('3 changes')).toBeVisible();
    const dialog = await saveAnyway();
    expect(await within(dialog).findByText('Nothing has to restart.')).toBeVisible();
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved. Nothing restarts.')).toBeVisible();
    const [dry, real] = server.requests(put);
    expect(dry?.query).toEqual({ dryRun: 'true' });
    expect(real?.body).toEqual({ maxRunningAgents: 5, 'sleep.pause': true, pids: null });
    expect(real?.headers.get('If-Match')).toBe('"abc"');
  });

  it('that cannot be taken are marked, and nothing is saved', async () => {
    server.on(put, problem(422, 'invalid-field', 'Some fields cannot be taken.', [{ field: 'providerPrivateRanges.0', message: 'must be a range' }]));
    renderPage(<LimitsPage />);
    await userEvent.type(await screen.findByRole('textbox', { name: 'Private ranges' }), 'nonsense{Enter}');
    const dialog = await saveAnyway();
    expect(await within(dialog).findByText('Some fields cannot be taken.')).toBeVisible();
    expect(within(dialog).getByRole('button', { name: 'Save' })).toBeDisabled();
    await userEvent.click(within(dialog).getByRole('button', { name: 'Cancel' }));
    expect(screen.getByText('must be a range')).toBeVisible();
    expect(server.requests(put).every(({ query }) => query.dryRun === 'true')).toBe(true);
  });

  it('say what agents may reach', async () => {
    renderPage(<LimitsPage />);
    await userEvent.click(await screen.findByRole('textbox', { name: 'Agents of people may reach' }));
    await userEvent.click(await screen.findByRole('option', { name: 'Their providers and the list' }));
    await userEvent.type(screen.getByRole('textbox', { name: 'Hosts on the list' }), '*.example.com{Enter}');
    const dialog = await saveAnyway();
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved. Nothing restarts.')).toBeVisible();
    expect(server.requests(put).at(-1)?.body).toEqual({ 'egress.userAgents': 'listed', 'egress.hosts': ['*.example.com'] });
  });

  it('can be thrown away again', async () => {
    renderPage(<LimitsPage />);
    await userEvent.click(await screen.findByRole('switch', { name: /^Freeze idle agents/ }));
    await userEvent.click(screen.getByRole('button', { name: 'Discard' }));
    expect(screen.getByRole('switch', { name: /^Freeze idle agents/ })).not.toBeChecked();
  });
});

it('never sends what is fixed', () => {
  const limits = limitsOf({ fixed: ['image'] });
  expect(limitChanges(limits, { ...limitsDraftOf(limits), image: 'other' })).toEqual({});
});
