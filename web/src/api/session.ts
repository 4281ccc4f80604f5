// Who is signed in, and whether this installation has been set up: the two questions before every page.
import { useQuery } from '@tanstack/react-query';

import { api, body, type Schemas } from './client';
import { keys } from './queries';

export type Account = NonNullable<Schemas['Session']['account']>;

export function useSession() {
  return useQuery({
    queryKey: keys.session,
    queryFn: () => body(api.GET('/api/auth/session')),
    staleTime: 60_000,
  });
}

export function useOnboardingStatus() {
  return useQuery({ queryKey: keys.onboarding, queryFn: () => body(api.GET('/api/onboarding/status')), staleTime: 60_000 });
}

// Of a page that only people who are signed in reach.
export function useAccount(): Account {
  const { data } = useSession();
  if (!data?.account) throw new Error('this page needs somebody who is signed in');
  return data.account;
}
