import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';

import { expectAccessible, renderPage } from '../../../test/render-page';
import { accountOf, pageOf } from '../../../test/rows';
import { type Asked, problem, server } from '../../../test/server';
import { AuditPage } from './audit-page';

const entry = (id: number, action: string) => ({
  id,
  at: '2026-11-24T12:00:00.000Z',
  actorId: 'root',
  actorName: 'root',
  via: 'session',
  action,
  target: 'user/alice',
  outcome: id % 2 ? 'ok' : 'refused',
  detail: null,
  remote: '192.0.2.1',
});

beforeEach(() => {
  server.on('GET /api/users', pageOf([accountOf({ id: 'root', name: 'root' })])).on('GET /api/audit', pageOf([entry(9, 'user.update'), entry(8, 'fleet.stop')]));
});

describe('the audit log', () => {
  it('says who did what from where and with which outcome', async () => {
    renderPage(<AuditPage />);
    expect(await screen.findByText('user.update')).toBeVisible();
    expect(screen.getAllByText('by session from 192.0.2.1')).toHaveLength(2);
    expect(screen.getByText('refused')).toBeVisible();
    await expectAccessible();
  });

  it('is asked for what the filters say', async () => {
    renderPage(<AuditPage />);
    await userEvent.click(await screen.findByRole('textbox', { name: 'What' }));
    await userEvent.click(await screen.findByRole('option', { name: 'The fleet' }));
    await waitFor(() => expect(server.requests('GET /api/audit').at(-1)?.query).toMatchObject({ action: 'fleet.' }));
    await userEvent.click(screen.getByRole('textbox', { name: 'Who' }));
    await userEvent.click(await screen.findByRole('option', { name: 'root' }));
    await waitFor(() => expect(server.requests('GET /api/audit').at(-1)?.query).toMatchObject({ action: 'fleet.', actor: 'root' }));
  });

  it('goes back page by page', async () => {
    server.on('GET /api/audit', ({ query }: Asked) => (query.after === '9' ? pageOf([entry(3, 'oidc.update')]) : pageOf([entry(9, 'user.update')], '9')));
    renderPage(<AuditPage />);
    await userEvent.click(await screen.findByRole('button', { name: 'Older' }));
    expect(await screen.findByText('oidc.update')).toBeVisible();
    expect(screen.getByText('user.update')).toBeVisible();
  });

  it('says that nothing fits, and what went wrong', async () => {
    server.on('GET /api/audit', pageOf([]));
    renderPage(<AuditPage />, '/?action=oidc.');
    expect(await screen.findByText('No entry matches')).toBeVisible();
    server.on('GET /api/audit', problem(503, 'database-away', 'The database does not answer.'));
    await userEvent.click(screen.getByRole('button', { name: 'Refresh' }));
    expect(await screen.findByText('The database does not answer.')).toBeVisible();
  });
});
