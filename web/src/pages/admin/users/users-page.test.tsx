import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { expectAccessible, renderPage } from '../../../test/render-page';
import { accountOf, pageOf } from '../../../test/rows';
import { type Asked, problem, server } from '../../../test/server';
import { UsersPage } from './users-page';

const alice = accountOf({ id: 'alice', name: 'Alice', generation: 3 });
const root = accountOf({ id: 'root', name: 'root', role: 'admin', source: 'breakglass' });

beforeEach(() => {
  server.on('GET /api/users', pageOf([alice, root])).on('PATCH /api/users/alice', ({ body }: Asked) => ({ ...alice, ...(body as object) }));
});

async function chooseRole(name: string, role: string) {
  await userEvent.click(await screen.findByRole('textbox', { name: `Role of ${name}` }));
  await userEvent.click(await screen.findByRole('option', { name: role }));
}

describe('users', () => {
  it('are shown with their roles and what they may do', async () => {
    renderPage(<UsersPage />);
    expect(await screen.findByRole('switch', { name: 'Alice may sign in' })).toBeChecked();
    expect(screen.getByRole('textbox', { name: 'Role of root' })).toHaveValue('By sign-in (administrator)');
    await expectAccessible();
  });

  it('get another role at once, unless somebody was faster', async () => {
    renderPage(<UsersPage />);
    await chooseRole('Alice', 'Always administrator');
    expect(await screen.findByText('Alice: saved')).toBeVisible();
    const sent = server.requests('PATCH /api/users/alice')[0];
    expect([sent?.body, sent?.headers.get('If-Match')]).toEqual([{ role: 'admin' }, '"3"']);
    server.on('PATCH /api/users/alice', problem(412, 'changed-meanwhile', 'Somebody changed it meanwhile.'));
    await userEvent.click(screen.getByRole('switch', { name: 'Alice may have an agent' }));
    expect(await screen.findByText('Somebody changed it meanwhile.')).toBeVisible();
  });

  it('are shut out only after a question', async () => {
    renderPage(<UsersPage />);
    await userEvent.click(await screen.findByRole('switch', { name: 'Alice may sign in' }));
    const dialog = await screen.findByRole('dialog', { name: 'Shut Alice out?' });
    expect(server.requests('PATCH /api/users/alice')).toHaveLength(0);
    await userEvent.click(within(dialog).getByRole('button', { name: 'Shut out' }));
    await waitFor(() => expect(server.requests('PATCH /api/users/alice')[0]?.body).toEqual({ disabled: true }));
  });

  it('lose their own administrator’s role only after a question, and the server’s refusal is shown', async () => {
    server.on('PATCH /api/users/root', problem(409, 'refused-by-rule', 'There must be an admin.'));
    renderPage(<UsersPage />);
    await chooseRole('root', 'Always user');
    const dialog = await screen.findByRole('dialog', { name: 'Take your own administrator’s role away?' });
    await userEvent.click(within(dialog).getByRole('button', { name: 'Do it' }));
    expect(await within(dialog).findByText('There must be an admin.')).toBeVisible();
  });

  it('are searched by the server', async () => {
    renderPage(<UsersPage />);
    await screen.findByText('Alice');
    server.on('GET /api/users', pageOf([]));
    await userEvent.type(screen.getByRole('textbox', { name: 'Search' }), 'zoe');
    expect(await screen.findByText('Nobody matches')).toBeVisible();
    expect(server.requests('GET /api/users').at(-1)?.query).toMatchObject({ search: 'zoe' });
  });
});
