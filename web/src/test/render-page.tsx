// A page as the application shows it: theme, data, notifications, addresses, and somebody who is signed in.
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { act, render } from '@testing-library/react';
import axe from 'axe-core';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router';
import { expect } from 'vitest';

import type { Schemas } from '../api/client';
import { keys, makeQueryClient } from '../api/queries';
import { theme } from '../theme';
import { accountOf } from './rows';

const root = accountOf({ id: 'root', name: 'root', role: 'admin' });

// `account`: who is signed in; null: nobody is known yet.
export function renderPage(page: ReactNode, address = '/', account: Schemas['Account'] | null = root) {
  const client = makeQueryClient();
  client.setDefaultOptions({ queries: { ...client.getDefaultOptions().queries, retry: false } });
  if (account) client.setQueryData(keys.session, { signedIn: true, account });
  return render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={client}>
        <Notifications />
        <MemoryRouter initialEntries={[address]}>{page}</MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

// As far as it can be told without a picture: names, roles, labels, headings.
export async function expectAccessible(element: Element = document.body) {
  const rules = { 'color-contrast': { enabled: false }, region: { enabled: false } };
  const { violations } = await act(() => axe.run(element, { rules }));
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
}
