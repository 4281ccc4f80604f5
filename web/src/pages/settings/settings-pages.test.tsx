import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { expectAccessible, renderPage } from '../../test/render-page';
import { ownAgentOf, usageOf } from '../../test/rows';
import { problem, Reply, server } from '../../test/server';
import type { Provider } from '../providers/provider-draft';
import { AgentPage } from './agent-page';
import { ContainerPage } from './container-page';
import { ProvidersPage } from './providers-page';
import { TokensPage } from './tokens-page';

const provider: Provider = {
  id: 'p1',
  name: 'work',
  displayName: 'Work',
  type: 'openai',
  baseUrl: null,
  apiType: 'openai-completions',
  hasKey: true,
  models: [{ id: 'm1' }, { id: 'm2' }],
  isActive: true,
  generation: 3,
};
const effects = [{ agent: { kind: 'user', id: 'a1', name: 'root' }, effect: 'restart' }];

describe('providers', () => {
  it('say how to begin when there is none', async () => {
    server.on('GET /api/providers', { items: [] });
    renderPage(<ProvidersPage />);
    expect(await screen.findByText('No provider yet')).toBeVisible();
    await expectAccessible();
  });

  it('are asked with the stored key when the connection is tested, and saved without it', async () => {
    server
      .on('GET /api/providers', { items: [provider] })
      .on('POST /api/providers/p1/test', { outcome: 'reachable', ok: true, remedy: null, models: [] })
      .on('PUT /api/providers/p1', ({ query }: { query: Record<string, string> }) => (query.dryRun ? { affects: effects } : { ...provider, effects }));
    renderPage(<ProvidersPage />);
    await userEvent.click(await screen.findByRole('button', { name: 'Edit: Work' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Test connection' }));
    expect(await screen.findByText('The provider answers.')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    const dialog = await screen.findByRole('dialog', { name: 'Save the provider?' });
    expect(await within(dialog).findByText(/restarts, once running turns have ended/)).toBeVisible();
    expect(server.requests('PUT /api/providers/p1').map(({ query }) => query)).toEqual([{ dryRun: 'true' }]);
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved. One agent restarts.')).toBeVisible();
    const [, saved] = server.requests('PUT /api/providers/p1');
    expect(saved?.body).not.toHaveProperty('apiKey');
    expect(saved?.headers.get('If-Match')).toBe('"3"');
  });
});

describe('model and personality', () => {
  const config = { primaryModel: 'work/m1', fallbackModels: [], personality: 'Brief.', providerId: null, generation: 4 };
  beforeEach(() => {
    server
      .on('GET /v1/models', { object: 'list', data: ['openclaw', 'work/m1', 'work/m2'].map((id) => ({ id, object: 'model' })) })
      .on('GET /api/agent-config', new Reply(200, config, { ETag: '"4"' }));
  });

  it('are saved as they were read, or not at all when somebody was faster', async () => {
    server.on('PUT /api/agent-config', problem(412, 'changed-meanwhile', 'Somebody else changed it.'));
    renderPage(<AgentPage />);
    const personality = await screen.findByRole('textbox', { name: 'Personality' });
    expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled();
    await userEvent.type(personality, ' And kind.');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Somebody else changed it.')).toBeVisible();
    expect(server.requests('PUT /api/agent-config')[0]?.headers.get('If-Match')).toBe('"4"');
    expect(server.requests('PUT /api/agent-config')[0]?.body).toEqual({ primaryModel: 'work/m1', fallbackModels: [], personality: 'Brief. And kind.', providerId: null });
  });

  it('are tried in the order in which they were put', async () => {
    server
      .on('GET /v1/models', { object: 'list', data: ['work/m1', 'work/m2', 'home/m3', 'home/m4'].map((id) => ({ id, object: 'model' })) })
      .on('PUT /api/agent-config', ({ query }: { query: Record<string, string> }) => (query.dryRun ? { affects: effects } : { ...config, effects }));
    renderPage(<AgentPage />);
    for (const model of ['work/m2', 'home/m3', 'home/m4']) {
      await userEvent.click(await screen.findByRole('textbox', { name: 'Add a fallback' }));
      await userEvent.click(await screen.findByRole('option', { name: model }));
    }
    await userEvent.click(screen.getByRole('button', { name: 'Move home/m4 up' }));
    await userEvent.click(screen.getByRole('button', { name: 'Move work/m2 down' }));
    await userEvent.click(screen.getByRole('button', { name: 'Remove home/m3' }));
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    const dialog = await screen.findByRole('dialog');
    await userEvent.click(await within(dialog).findByRole('button', { name: 'Save' }));
    await waitFor(() => expect(server.requests('PUT /api/agent-config')).toHaveLength(2));
    expect(server.requests('PUT /api/agent-config').at(-1)?.body).toMatchObject({ fallbackModels: ['home/m4', 'work/m2'] });
  });

  it('lead to the providers when there is no model', async () => {
    server.on('GET /v1/models', { object: 'list', data: [{ id: 'openclaw', object: 'model' }] });
    renderPage(<AgentPage />);
    expect(await screen.findByRole('link', { name: 'To your providers' })).toHaveAttribute('href', '/settings/providers');
  });
});

describe('the container', () => {
  const agent = ownAgentOf();
  beforeEach(() => void server.on('GET /api/container/usage', { usage: null, problem: null }));

  it('says how it is, and restarts after a question only', async () => {
    server.on('GET /api/container', agent).on('POST /api/container/restart', new Reply(202, { ...agent, phase: 'draining' }));
    renderPage(<ContainerPage />);
    expect(await screen.findByText('2 h')).toBeVisible();
    expect(screen.getByText('9 seconds')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Restart' }));
    expect(server.requests('POST /api/container/restart')).toHaveLength(0);
    await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Restart' }));
    await waitFor(() => expect(server.requests('POST /api/container/restart')).toHaveLength(1));
    await expectAccessible();
  });

  it('gives it another token after a question only, also while it sleeps', async () => {
    const asleep = { ...agent, phase: 'stopped', uptimeSec: null };
    server.on('GET /api/container', asleep).on('POST /api/container/rotate-token', new Reply(202, asleep));
    renderPage(<ContainerPage />);
    await userEvent.click(await screen.findByRole('button', { name: 'New gateway token' }));
    const dialog = await screen.findByRole('dialog');
    expect(within(dialog).getByText(/the one before is refused/)).toBeVisible();
    expect(server.requests('POST /api/container/rotate-token')).toHaveLength(0);
    await userEvent.click(within(dialog).getByRole('button', { name: 'New gateway token' }));
    expect(await screen.findByText('It gets a new gateway token')).toBeVisible();
    expect(server.requests('POST /api/container/rotate-token')).toHaveLength(1);
    await expectAccessible();
  });
});

describe('the container, to its owner alone,', () => {
  it('shows what it uses while it runs', async () => {
    server.on('GET /api/container', ownAgentOf()).on('GET /api/container/usage', { usage: usageOf(), problem: null });
    renderPage(<ContainerPage />);
    expect(await screen.findByText('700 MiB of 1536 MiB · 0.25 CPU · 33 processes')).toBeVisible();
  });

  it('is asked for its log on demand only, and says which lines are errors and that some are left out', async () => {
    const line = (second: number, error: boolean, text: string) => ({ at: `2026-11-24T12:00:0${second}.000000000Z`, error, text });
    server
      .on('GET /api/container', ownAgentOf({ phase: 'stopped', uptimeSec: null }))
      .on('GET /api/container/log', { items: [line(1, false, 'gateway ready'), line(2, true, 'no <b>room</b>')], cut: true, phase: 'stopped' });
    renderPage(<ContainerPage />);
    const show = await screen.findByRole('button', { name: 'Show it' });
    expect(server.requests('GET /api/container/log')).toHaveLength(0);
    await userEvent.click(show);
    const lines = within(await screen.findByRole('region', { name: 'Lines of the log' }));
    expect(lines.getByText(/gateway ready/)).toBeVisible();
    expect(lines.getByText(/no <b>room<\/b>/)).toHaveTextContent('error no');
    expect(screen.getByText('Older lines are left out.')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Refresh' }));
    await waitFor(() => expect(server.requests('GET /api/container/log')).toHaveLength(2));
    await expectAccessible();
  });

  it('that fails for want of a provider leads to the providers', async () => {
    server.on('GET /api/container', ownAgentOf({ phase: 'failed', reason: 'ConfigurationInvalid', message: 'Add a provider.', uptimeSec: null }));
    renderPage(<ContainerPage />);
    expect(await screen.findByText('Add a provider.')).toBeVisible();
    expect(screen.getByRole('link', { name: 'To your providers' })).toHaveAttribute('href', '/settings/providers');
  });
});

describe('an API token', () => {
  it('is shown once', async () => {
    const row = { id: 't1', name: 'editor', scopes: ['chat'], createdAt: '2026-01-01T00:00:00.000Z', expiresAt: null, lastUsedAt: null, revokedAt: null };
    server.on('GET /api/account/tokens', { tokens: [] }).on('POST /api/account/tokens', () => {
      server.on('GET /api/account/tokens', { tokens: [row] });
      return new Reply(201, { ...row, token: 'mos_t1_secret' });
    });
    renderPage(<TokensPage />);
    await userEvent.click(await screen.findByRole('button', { name: 'Make a token' }));
    await userEvent.type(await screen.findByRole('textbox', { name: 'What is it for?' }), 'editor');
    await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Make a token' }));
    expect(await screen.findByText('mos_t1_secret')).toBeVisible();
    expect(server.requests('POST /api/account/tokens')[0]?.body).toEqual({ name: 'editor', scopes: ['chat'], expiresInDays: 90 });
    await userEvent.click(within(screen.getByRole('dialog')).getAllByRole('button', { name: 'Close' }).at(-1)!);
    expect(await screen.findByText('editor')).toBeVisible();
    await waitFor(() => expect(screen.queryByText('mos_t1_secret')).toBeNull());
  });
});
