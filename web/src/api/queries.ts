// How answers are kept and asked for again. Names of what is kept are here, so that whoever changes something can say
// what has become old.
import { QueryCache, QueryClient } from '@tanstack/react-query';

import { ProblemError } from './problem';

export const keys = {
  session: ['session'] as const,
  onboarding: ['onboarding'] as const,
  signInMethods: ['sign-in-methods'] as const,
  providers: ['providers'] as const,
  agentConfig: ['agent-config'] as const,
  container: ['container'] as const,
  ownUsage: ['own-usage'] as const,
  ownLog: ['own-log'] as const,
  tokens: ['tokens'] as const,
  fleet: ['fleet'] as const,
  fleetUsage: ['fleet-usage'] as const,
  fleetAgent: (kind: string, id: string) => ['fleet', kind, id] as const,
  agentEvents: (kind: string, id: string) => ['fleet', kind, id, 'events'] as const,
  limits: ['limits'] as const,
  oidc: ['oidc'] as const,
  users: ['users'] as const,
  audit: ['audit'] as const,
  systemAgentChoices: ['system-agent-choices'] as const,
  health: ['health'] as const,
};

// What a person can do nothing about by waiting is not asked again: 4xx.
function mayRetry(failures: number, error: Error): boolean {
  if (error instanceof ProblemError && error.problem.status > 0 && error.problem.status < 500) return false;
  return failures < 2;
}

export function makeQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError(error) {
        // The session has ended: whoever shows pages asks anew who one is, and leads to the sign-in page.
        if (error instanceof ProblemError && error.type === 'sign-in-required')
          void client.invalidateQueries({ queryKey: keys.session });
      },
    }),
    defaultOptions: { queries: { retry: mayRetry, staleTime: 5_000, refetchOnWindowFocus: true } },
  });
  return client;
}
