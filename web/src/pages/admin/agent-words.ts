// An agent in words: what it is called, what it may use, since when it is as it is.
import type { Schemas } from '../../api/client';
import { isAsleep } from '../../components/phase-badge';
import { text } from '../../text';
import { duration } from '../../text/format';

export type FleetAgent = Schemas['FleetAgent'];
export type AgentKind = FleetAgent['kind'];
export type AccountNames = ReadonlyMap<string, string>;

const words = text.admin.agentWords;

export function titleOf(agent: Pick<FleetAgent, 'kind' | 'owner' | 'name'>, names: AccountNames): string {
  return agent.kind === 'system' ? agent.name : (names.get(agent.owner) ?? agent.owner);
}

// A preview's agents, called as people call them.
export function withTitles(effects: Schemas['EffectList'], names: AccountNames): Schemas['EffectList'] {
  return effects.map((each) => ({ ...each, agent: { ...each.agent, name: names.get(each.agent.name) ?? each.agent.name } }));
}

export function pathOf(agent: Pick<FleetAgent, 'kind' | 'id'>): string {
  return `/admin/fleet/${agent.kind}/${encodeURIComponent(agent.id ?? '')}`;
}

// "for 3 h"; nothing while it is on its way.
export function sinceOf(agent: FleetAgent, now = Date.now()): string | null {
  if (agent.readyAt && (agent.phase === 'running' || agent.phase === 'draining')) return words.since(duration(now - Date.parse(agent.readyAt)));
  if (agent.asleepSince && isAsleep(agent)) return words.since(duration(now - Date.parse(agent.asleepSince)));
  return null;
}

// Why it is as it is, in the Ready condition's words; that it answers or was switched off, which stands beside it, needs none.
export function reasonOf(agent: FleetAgent): string | null {
  return agent.reason === 'Ready' || agent.reason === 'Inactive' ? null : agent.message;
}

// What stands in its way: its last failure, or what a condition complains of.
export function complaintOf(agent: FleetAgent): string | null {
  if (agent.phase === 'failed' && agent.lastError) return agent.lastError;
  const wrong = agent.conditions.find((condition) => condition.status === 'False' && (condition.type === 'ConfigurationApplied' || condition.type === 'Schedule'));
  return wrong ? wrong.message : null;
}
