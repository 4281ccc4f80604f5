import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Route, Routes } from 'react-router';
import { beforeEach, describe, expect, it } from 'vitest';

import type { Schemas } from '../../api/client';
import { expectAccessible, renderPage } from '../../test/render-page';
import { type Asked, problem, server } from '../../test/server';
import OnboardingPage from '.';
import type { SetUp } from './wizard-steps';

const status = 'GET /api/onboarding/status';
const provider = { id: 'p1', name: 'local', displayName: 'Local', type: 'openai', hasKey: true, models: [{ id: 'cogito' }], isActive: true, generation: 1 } as unknown as Schemas['Provider'];
const choices = [{ agent: 'main', name: 'mosaic-main', role: 'orchestrator', purpose: 'Routes to others', memoryMb: 2048 }] as SetUp['agents']['choices'];

function stateOf(done: Partial<Record<keyof SetUp, boolean>>) {
  const steps: SetUp = {
    breakglass: { done: done.breakglass ?? false, username: done.breakglass ? 'grace' : null },
    oidc: { done: done.oidc ?? false, skipped: done.oidc ?? false, values: null },
    provider: { done: done.provider ?? false, items: done.provider ? [provider] : [] },
    agents: { done: done.agents ?? false, skipped: false, items: [], choices },
  };
  return { completed: false, steps, missing: [] };
}

const open = (address = '/onboarding#token=abc') =>
  renderPage(
    <Routes>
      <Route path="/onboarding" element={<OnboardingPage />} />
      <Route path="/chat" element={<p>the chat</p>} />
      <Route path="/" element={<p>the start page</p>} />
    </Routes>,
    address,
    null,
  );

const step = (name: string) => screen.findByRole('heading', { level: 2, name });

beforeEach(() => {
  server.on('GET /api/auth/session', { signedIn: false }).on(status, stateOf({}));
});

describe('the set-up', () => {
  it('goes on at the first step that is not done, whatever browser it was left in', async () => {
    server.on(status, stateOf({ breakglass: true, oidc: true }));
    open();
    await step('First provider');
    expect(server.requests(status)[0]?.headers.get('X-Mosaic-Setup-Token')).toBe('abc');
    await expectAccessible();
  });

  it('asks for the token, says when it is wrong, and how else one goes on', async () => {
    server.on(status, ({ headers }: Asked) => (headers.get('X-Mosaic-Setup-Token') === 'right' ? stateOf({}) : { completed: false }));
    open('/onboarding');
    await userEvent.type(await screen.findByLabelText(/^One-time set-up token/), 'wrong');
    await userEvent.click(screen.getByRole('button', { name: 'Go on' }));
    expect(await screen.findByText('That token is not the one in force.')).toBeVisible();
    expect(screen.getByRole('link', { name: /sign in and go on/ })).toHaveAttribute('href', '/sign-in?next=/onboarding');
    await userEvent.clear(screen.getByLabelText(/^One-time set-up token/));
    await userEvent.type(screen.getByLabelText(/^One-time set-up token/), 'right');
    await userEvent.click(screen.getByRole('button', { name: 'Go on' }));
    await step('Administrator');
  });

  it('keeps what was entered on every page while one goes back and forth', async () => {
    server.on(status, stateOf({ breakglass: true, oidc: true }));
    open();
    await step('First provider');
    await userEvent.clear(screen.getByRole('textbox', { name: 'Name' }));
    await userEvent.type(screen.getByRole('textbox', { name: 'Name' }), 'My LLM');
    await userEvent.type(screen.getByLabelText('API key'), 'a key');
    await userEvent.click(screen.getByRole('button', { name: 'Back' }));
    expect(await step('Sign-in')).toHaveFocus();
    await userEvent.type(screen.getByRole('textbox', { name: 'Issuer URL' }), 'https://id.example');
    await userEvent.click(screen.getByRole('button', { name: /^First provider/ }));
    await step('First provider');
    expect(screen.getByRole('textbox', { name: 'Name' })).toHaveValue('My LLM');
    expect(screen.getByLabelText('API key')).toHaveValue('a key');
    await userEvent.click(screen.getByRole('button', { name: /^Sign-in/ }));
    await step('Sign-in');
    expect(screen.getByRole('textbox', { name: 'Issuer URL' })).toHaveValue('https://id.example');
  });

  it('lets nobody past the administrator, and shows what the server refuses of it', async () => {
    server.on('POST /api/onboarding/breakglass', problem(422, 'invalid-field', 'It cannot be taken.', [{ field: 'password', message: 'is too well known' }]));
    open();
    await step('Administrator');
    expect(screen.getByRole('button', { name: /^First provider/ })).toBeDisabled();
    const [password, repeated] = [screen.getByLabelText(/^Password \*?$/), screen.getByLabelText(/^Password, once more/)];
    await userEvent.type(password, 'correct horse');
    await userEvent.type(repeated, 'other');
    expect(screen.getByText('The two passwords differ.')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Save and go on' })).toBeDisabled();
    await userEvent.clear(repeated);
    await userEvent.type(repeated, 'correct horse');
    await userEvent.click(screen.getByRole('button', { name: 'Save and go on' }));
    expect((await screen.findAllByText(/is too well known/)).length).toBeGreaterThan(0);
    expect(password).toBeInvalid();
  });

  it('makes the system agents that were chosen, or none', async () => {
    const before = stateOf({ breakglass: true, oidc: true, provider: true });
    server.on(status, before).on('POST /api/onboarding/agents', stateOf({ breakglass: true, oidc: true, provider: true, agents: true }));
    open();
    await step('System agents');
    expect(screen.getByText('Routes to others. 2 GiB of memory')).toBeVisible();
    await userEvent.click(screen.getByRole('checkbox', { name: 'mosaic-main' }));
    await userEvent.click(screen.getByRole('button', { name: 'Save and go on' }));
    expect(await step('Done')).toHaveFocus();
    expect(server.requests('POST /api/onboarding/agents')[0]?.body).toEqual({ agents: ['main'], primaryModel: 'local/cogito' });
    await expectAccessible();
  });

  it('ends in the chat, and is not shown again', async () => {
    server.on(status, stateOf({ breakglass: true, oidc: true, provider: true, agents: true })).on('POST /api/onboarding/complete', { completed: true });
    const { unmount } = open();
    expect(await screen.findByText('grace')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Finish and start chatting' }));
    expect(await screen.findByText('the chat')).toBeVisible();
    unmount();
    server.on(status, { completed: true });
    open();
    await waitFor(() => expect(screen.getByText('the start page')).toBeVisible());
  });
});
