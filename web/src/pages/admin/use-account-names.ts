// What the accounts behind the agents are called. Of a very large house only the first are known by name; the others show
// as their ids.
import { useQuery } from '@tanstack/react-query';

import { api, body } from '../../api/client';
import { keys } from '../../api/queries';
import type { AccountNames } from './agent-words';

const pageSize = 200;
const mostPages = 10;

async function readNames(): Promise<AccountNames> {
  const names = new Map<string, string>();
  let after: string | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await body(api.GET('/api/users', { params: { query: { limit: pageSize, after } } }));
    for (const account of page.items) names.set(account.id, account.name);
    if (page.next === null) break;
    after = page.next;
  }
  return names;
}

const nobody: AccountNames = new Map();

export function useAccountNames(): AccountNames {
  return useQuery({ queryKey: [...keys.users, 'names'], queryFn: readNames, staleTime: 60_000 }).data ?? nobody;
}
