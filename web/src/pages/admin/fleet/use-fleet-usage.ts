// What running agents use, by kind/id, asked for anew for as long as a page shows it: the controller measures only while
// somebody looks. Where it cannot be had there is none, and the fleet is shown without.
import { useQuery } from '@tanstack/react-query';

import { api, body, type Schemas } from '../../../api/client';
import { keys } from '../../../api/queries';
import { isAsleep } from '../../../components/phase-badge';
import type { FleetAgent } from '../agent-words';

export type FleetUsage = ReadonlyMap<string, Schemas['AgentUsage']>;

const everyMs = 5_000;
const nothing: FleetUsage = new Map();

// Of an agent that fell asleep the last measurement is still there for a while.
export function usedBy(agent: FleetAgent, usage: FleetUsage): Schemas['AgentUsage'] | undefined {
  return isAsleep(agent) ? undefined : usage.get(`${agent.kind}/${agent.id}`);
}

export function useFleetUsage(): FleetUsage {
  const usage = useQuery({
    queryKey: keys.fleetUsage,
    queryFn: () => body(api.GET('/api/fleet/usage')),
    refetchInterval: everyMs,
    select: ({ items }): FleetUsage => new Map(items.map((each) => [`${each.kind}/${each.id}`, each])),
  });
  return usage.data ?? nothing;
}
