// What one's own agent uses, asked for anew while a page shows it and it runs: the controller measures only while somebody
// looks.
import { useQuery } from '@tanstack/react-query';

import { api, body, type Schemas } from '../../api/client';
import { keys } from '../../api/queries';

const everyMs = 5_000;

export function useOwnUsage(runs: boolean): Schemas['AgentUsage'] | null {
  const usage = useQuery({
    queryKey: keys.ownUsage,
    queryFn: () => body(api.GET('/api/container/usage')),
    enabled: runs,
    refetchInterval: everyMs,
  });
  return runs ? (usage.data?.usage ?? null) : null;
}
