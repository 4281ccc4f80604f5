// The fleet's list as it is kept, page by page, and how one agent's news changes it.
import type { InfiniteData } from '@tanstack/react-query';

import type { AgentKind, FleetAgent } from '../agent-words';

export interface FleetFilter {
  kind: AgentKind | null;
  phase: FleetAgent['phase'] | null;
  search: string;
}

export interface FleetPage {
  items: FleetAgent[];
  next: string | null;
}

export type FleetPages = InfiniteData<FleetPage, string | undefined>;

const contains = (value: string | null, part: string) => (value ?? '').toLowerCase().includes(part.toLowerCase());

// As the server has it.
export function matches(agent: FleetAgent, filter: FleetFilter): boolean {
  if (filter.kind && agent.kind !== filter.kind) return false;
  if (filter.phase && agent.phase !== filter.phase) return false;
  return filter.search === '' || [agent.owner, agent.id, agent.name].some((value) => contains(value, filter.search));
}

const isAgent = (kind: AgentKind, id: string | null) => (agent: FleetAgent) => agent.kind === kind && agent.id === id;

export function holds(pages: FleetPages, kind: AgentKind, id: string | null): boolean {
  return pages.pages.some((page) => page.items.some(isAgent(kind, id)));
}

export function without(pages: FleetPages, kind: AgentKind, id: string | null): FleetPages {
  const other = (agent: FleetAgent) => !isAgent(kind, id)(agent);
  return { ...pages, pages: pages.pages.map((page) => (page.items.every(other) ? page : { ...page, items: page.items.filter(other) })) };
}

// Only of an agent that the pages hold: a new one's place is the server's to say.
export function withNews(pages: FleetPages, agent: FleetAgent, filter: FleetFilter): FleetPages {
  if (!matches(agent, filter)) return without(pages, agent.kind, agent.id);
  const same = isAgent(agent.kind, agent.id);
  return {
    ...pages,
    pages: pages.pages.map((page) => (page.items.some(same) ? { ...page, items: page.items.map((each) => (same(each) ? agent : each)) } : page)),
  };
}
