// What every page has in common, whatever it shows: it says that it loads, and what to do when the server fails.
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { App } from '../app';
import { expectAccessible, renderPage } from '../test/render-page';
import { accountOf } from '../test/rows';
import { problem, server } from '../test/server';

const addresses = [
  '/chat/main',
  '/settings/providers',
  '/settings/agent',
  '/settings/container',
  '/settings/tokens',
  '/admin/fleet',
  '/admin/fleet/user/a1',
  '/admin/system-agents',
  '/admin/users',
  '/admin/auth',
  '/admin/limits',
  '/admin/audit',
  '/admin/health',
];

function signedIn() {
  server
    .on('GET /api/auth/session', { signedIn: true, account: accountOf({ id: 'root', role: 'admin' }) })
    .on('GET /api/onboarding/status', { completed: true });
}

describe.each(addresses)('%s', (address) => {
  it('says that it loads', async () => {
    signedIn();
    server.otherwise(() => new Promise(() => {}));
    renderPage(<App />, address);
    await screen.findByRole('navigation', { name: 'Main' });
    expect((await screen.findAllByText(/^Loading /)).length).toBeGreaterThan(0);
  });

  it('says what went wrong and what to do, and asks again', async () => {
    signedIn();
    server.otherwise(problem(503, 'database-away', 'The database does not answer.'));
    renderPage(<App />, address);
    const [alert] = await screen.findAllByRole('alert');
    expect(alert).toHaveTextContent('The database does not answer.');
    expect(alert).toHaveTextContent('Do something about it.');
    const before = server.asked.length;
    await userEvent.click((await screen.findAllByRole('button', { name: 'Try again' }))[0]!);
    expect(server.asked.length).toBeGreaterThan(before);
    await expectAccessible();
  });
});

describe.each(['/onboarding', '/chat'])('%s, before anything is known of whoever comes,', (address) => {
  it('says what went wrong and what to do', async () => {
    server.otherwise(problem(503, 'database-away', 'The database does not answer.'));
    renderPage(<App />, address, null);
    expect(await screen.findByRole('alert')).toHaveTextContent('The database does not answer.');
    server.otherwise(undefined).on('GET /api/auth/session', { signedIn: false }).on('GET /api/onboarding/status', { completed: false });
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('heading', { name: 'Set-up token' })).toBeVisible();
  });
});

it('leads whoever is not signed in to the sign-in page, and back', async () => {
  server
    .on('GET /api/auth/session', { signedIn: false })
    .on('GET /api/onboarding/status', { completed: true })
    .on('GET /api/auth/methods', { breakglass: true, oidc: { enabled: true, label: 'Company' } });
  renderPage(<App />, '/admin/fleet', null);
  const link = await screen.findByRole('link', { name: 'Sign in with Company' });
  expect(link).toHaveAttribute('href', '/api/auth/oidc/start?next=%2Fadmin%2Ffleet');
  await expectAccessible();
});
