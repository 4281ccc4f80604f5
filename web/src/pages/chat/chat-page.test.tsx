import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Route, Routes } from 'react-router';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { expectAccessible, renderPage } from '../../test/render-page';
import { accountOf, ownAgentOf } from '../../test/rows';
import { problem, Reply, server } from '../../test/server';
import ChatPages from '.';
import { wakeEstimate, WakeLine } from './wake-line';

const history = 'GET /api/conversations/web:main/messages';
const said = (role: string, text: string) => ({ role, text, at: null });
const chunk = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

let people = 0;
// Each time somebody else, for whom nothing was said yet.
function open() {
  people += 1;
  return renderPage(
    <Routes>
      <Route path="/chat/*" element={<ChatPages />} />
    </Routes>,
    '/chat/main',
    accountOf({ id: `person-${people}` }),
  );
}

async function write(message: string) {
  await userEvent.type(await screen.findByRole('textbox', { name: 'Message to your agent' }), `${message}{Enter}`);
}

const articles = () => screen.getAllByRole('article').map((article) => article.textContent);

afterEach(() => void vi.useRealTimers());
beforeEach(() => {
  window.localStorage.clear();
  server.on('GET /api/container', ownAgentOf()).on(history, { items: [], hasMore: false });
});

describe('the chat', () => {
  it('shows what the agent’s own session has, and that it has more', async () => {
    server.on(history, { items: [said('user', 'Hello'), said('assistant', '**Hi**')], hasMore: true });
    open();
    expect(await screen.findByText('Hi')).toBeVisible();
    expect(articles()).toEqual(['Hello', 'Hi']);
    expect(screen.getByText(/Older messages are left out here/)).toBeVisible();
    await expectAccessible();
  });

  it('says that earlier messages could not be read, and reads them when asked again', async () => {
    server.on(history, problem(502, 'agent-failed', 'Your agent did not say.'));
    open();
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('Your agent did not say.');
    server.on(history, { items: [said('user', 'Hello')], hasMore: false });
    await userEvent.click(within(alert).getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Hello')).toBeVisible();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('asks an agent again by itself that was too busy to say', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    server.on(history, problem(502, 'agent-failed', 'Your agent did not say.'));
    open();
    await screen.findByRole('alert');
    server.on(history, { items: [said('user', 'Hello')], hasMore: false });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await screen.findByText('Hello')).toBeVisible();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('asks a sleeping agent for nothing, wakes it when told to, and then shows what was said before', async () => {
    const asleep = ownAgentOf({ phase: 'stopped', uptimeSec: null });
    server.on('GET /api/container', asleep).on('POST /api/container/start', () => {
      server.on('GET /api/container', ownAgentOf());
      return new Reply(202, ownAgentOf({ phase: 'starting' }));
    });
    server.on(history, { items: [said('user', 'From before')], hasMore: false });
    open();
    await userEvent.click(await screen.findByRole('button', { name: 'Wake it' }));
    expect(server.requests(history)).toHaveLength(0);
    expect(await screen.findByText('From before')).toBeVisible();
  });

  it('says of an agent that was stopped that it has to be started, and of one on its way where it is', async () => {
    server.on('GET /api/container', ownAgentOf({ phase: 'stopped', desiredState: 'stopped', uptimeSec: null })).on('POST /api/container/start', new Reply(202, ownAgentOf({ phase: 'starting' })));
    open();
    expect(await screen.findByText('Your agent is stopped')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Start it' }));
    expect(await screen.findByText('Starting')).toBeVisible();
  });

  it('puts what was said before in front of the message that woke the agent', async () => {
    server.on('GET /api/container', ownAgentOf({ phase: 'stopped', uptimeSec: null })).on('POST /v1/chat/completions', () => {
      server.on('GET /api/container', ownAgentOf());
      return `${chunk('Good morning')}data: [DONE]\n\n`;
    });
    server.on(history, { items: [said('user', 'From before'), said('assistant', 'Yes'), said('user', 'Wake up'), said('assistant', 'Good morning')], hasMore: false });
    open();
    await write('Wake up');
    expect(await screen.findByText('From before')).toBeVisible();
    expect(articles()).toEqual(['From before', 'Yes', 'Wake up', 'Good morning']);
  });

  it.each([
    ['agent_not_configured', 'To your providers', '/settings/providers'],
    ['model_not_found', 'To model and personality', '/settings/agent'],
    ['agent_gone', 'To your container', '/settings/container'],
  ])('leads from %s to where it is mended', async (code, label, place) => {
    server.on('POST /v1/chat/completions', new Reply(409, { error: { message: 'It cannot answer.', code } }));
    open();
    await write('Hello');
    expect(await screen.findByRole('alert')).toHaveTextContent('It cannot answer.');
    expect(screen.getByRole('link', { name: label })).toHaveAttribute('href', place);
    expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible();
    await expectAccessible();
  });
});

describe('while the agent wakes', () => {
  const wake = (progress: object) => ({ progress, since: Date.now() });

  it('one line says what is happening, how long that usually takes, and how much of it is left', async () => {
    renderPage(<WakeLine wake={wake({ phase: 'starting', message: 'the gateway is booting', remaining_ms: 8_000 })} usualMs={9_400} />);
    const line = screen.getByRole('status');
    expect(line).toHaveTextContent('Starting its container: the gateway is booting. Usually takes 9 seconds. About 8 seconds to go.');
    await expectAccessible();
  });

  it('says how long a first start takes when none is on record, and how much of an image is there', () => {
    renderPage(<WakeLine wake={wake({ phase: 'pulling', percent: 40 })} usualMs={null} />);
    expect(screen.getByRole('status')).toHaveTextContent('Fetching its image (40 %). The first start takes about ten seconds.');
    expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '40');
  });

  it('counts down between two words of the server, and admits that it takes longer', () => {
    const line = { progress: { remaining_ms: 8_000 }, since: 0 };
    expect(wakeEstimate(line, 2_000, 4_000)).toEqual({ left: 6_000, percent: 40 });
    expect(wakeEstimate(line, 2_000, 60_000)).toEqual({ left: 0, percent: 99 });
    expect(wakeEstimate({ progress: {}, since: 0 }, 0, 0)).toBeNull();
  });
});
