import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { expectAccessible, renderPage } from '../../../test/render-page';
import { accountOf, pageOf } from '../../../test/rows';
import { problem, Reply, server } from '../../../test/server';
import { AuthPage } from './auth-page';

const oidc = {
  configured: true,
  enabled: true,
  issuerUrl: 'https://id.example',
  clientId: 'mosaic',
  hasSecret: true,
  secretUnreadable: false,
  label: 'Company',
  scopes: 'openid',
  roleClaim: 'groups',
  adminValue: 'admins',
  userValue: null,
  privateAddresses: false,
};

beforeEach(() => {
  server
    .on('GET /api/settings/oidc', oidc)
    .on('GET /api/users', pageOf([accountOf({ id: 'root', name: 'root', source: 'breakglass' }), accountOf({ id: 'alice', name: 'Alice' })]));
});

describe('the identity provider', () => {
  it('is shown without its secret, which stays when nothing else is typed', async () => {
    server.on('PUT /api/settings/oidc', oidc);
    renderPage(<AuthPage />);
    const client = await screen.findByLabelText(/^Client ID/);
    expect(screen.getByLabelText('Client secret', { selector: 'input' })).toHaveValue('');
    await userEvent.type(client, '-2');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved. The next sign-in uses it.')).toBeVisible();
    const sent = server.requests('PUT /api/settings/oidc')[0]?.body as Record<string, unknown>;
    expect(sent).toMatchObject({ clientId: 'mosaic-2', enabled: true });
    expect(sent).not.toHaveProperty('clientSecret');
    await expectAccessible();
  });

  it('is tested before it is saved', async () => {
    server.on('POST /api/settings/oidc/test', { outcome: 'other-issuer', ok: false, remedy: 'Take the issuer that the document names.' });
    renderPage(<AuthPage />);
    await userEvent.click(await screen.findByRole('button', { name: 'Test connection' }));
    expect(await screen.findByText('Take the issuer that the document names.')).toBeVisible();
    expect(server.requests('POST /api/settings/oidc/test')[0]?.body).toMatchObject({ issuerUrl: 'https://id.example' });
  });

  it('is removed only after a question', async () => {
    server.on('DELETE /api/settings/oidc', { ...oidc, configured: false, issuerUrl: null, clientId: null, hasSecret: false });
    renderPage(<AuthPage />);
    await userEvent.click(await screen.findByRole('button', { name: 'Remove it' }));
    const dialog = await screen.findByRole('dialog', { name: 'Remove the identity provider?' });
    expect(server.requests('DELETE /api/settings/oidc')).toHaveLength(0);
    await userEvent.click(within(dialog).getByRole('button', { name: 'Remove it' }));
    expect(await screen.findByText('not set up')).toBeVisible();
  });
});

describe('administrators with a password', () => {
  const path = 'POST /api/settings/breakglass/root/password';
  const openDialog = async () => {
    await userEvent.click(await screen.findByRole('button', { name: 'New password for root' }));
    return screen.findByRole('dialog', { name: 'New password for root' });
  };
  const type = async (dialog: HTMLElement, password: string, repeated: string) => {
    await userEvent.type(within(dialog).getByLabelText(/^New password/, { selector: 'input' }), password);
    await userEvent.type(within(dialog).getByLabelText(/^Once more/, { selector: 'input' }), repeated);
  };

  it('are those alone who sign in here', async () => {
    renderPage(<AuthPage />);
    const table = await screen.findByRole('table', { name: 'Administrators with a password' });
    expect(within(table).getByText('root')).toBeVisible();
    expect(within(table).queryByText('Alice')).toBeNull();
  });

  it('get a new password that was typed twice alike', async () => {
    server.on(path, new Reply(204));
    renderPage(<AuthPage />);
    const dialog = await openDialog();
    await type(dialog, 'correct horse battery', 'correct horse');
    expect(within(dialog).getByText('The two passwords differ.')).toBeVisible();
    expect(within(dialog).getByRole('button', { name: 'Save' })).toBeDisabled();
    await userEvent.type(within(dialog).getByLabelText(/^Once more/, { selector: 'input' }), ' battery');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('root has a new password')).toBeVisible();
    expect(server.requests(path)[0]?.body).toEqual({ password: 'correct horse battery' });
  });

  it('are told why a password cannot be taken', async () => {
    server.on(path, problem(422, 'invalid-field', 'Some fields cannot be taken.', [{ field: 'password', message: 'must have 12 characters or more' }]));
    renderPage(<AuthPage />);
    const dialog = await openDialog();
    await type(dialog, 'short', 'short');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(within(dialog).getAllByText(/12 characters or more/).length).toBeGreaterThan(0));
  });
});
