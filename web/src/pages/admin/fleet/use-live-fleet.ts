// Keeps what is kept of the fleet (its lists, single agents) as the server's stream tells it.
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { keys } from '../../../api/queries';
import type { FleetAgent } from '../agent-words';
import { type FleetFilter, type FleetPages, holds, matches, withNews, without } from './fleet-pages';
import { type FleetListener, listenToFleet, type OpenSource, type StreamState } from './fleet-stream';

export const fleetListKey = (filter: FleetFilter) => [...keys.fleet, 'list', filter] as const;
const lists = [...keys.fleet, 'list'];

const readAgainMs = 500;

// Reads lists anew, at most once in a while however much happens.
class Rereading {
  private timer: ReturnType<typeof setTimeout> | undefined;
  constructor(private readonly client: QueryClient) {}
  ask(queryKey: readonly unknown[]) {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.client.invalidateQueries({ queryKey });
    }, readAgainMs);
  }
  end() {
    clearTimeout(this.timer);
  }
}

function takeNews(client: QueryClient, agent: FleetAgent, rereading: Rereading) {
  for (const [key, pages] of client.getQueriesData<FleetPages>({ queryKey: lists })) {
    if (!pages) continue;
    const filter = key[2] as FleetFilter;
    if (holds(pages, agent.kind, agent.id)) client.setQueryData(key, withNews(pages, agent, filter));
    else if (matches(agent, filter)) rereading.ask(lists);
  }
  const one = keys.fleetAgent(agent.kind, agent.id ?? '');
  const before = client.getQueryData<FleetAgent>(one);
  if (!before) return;
  client.setQueryData(one, { ...before, ...agent });
  const moved = before.generation !== agent.generation;
  if (moved) void client.invalidateQueries({ queryKey: one });
  else if (before.reason !== agent.reason || before.phase !== agent.phase) void client.invalidateQueries({ queryKey: keys.agentEvents(agent.kind, agent.id ?? '') });
}

export function fleetListener(client: QueryClient, rereading: Rereading, onState: (state: StreamState) => void): FleetListener {
  return {
    onAgent: (agent) => takeNews(client, agent, rereading),
    onGone: (kind, id) => {
      for (const [key, pages] of client.getQueriesData<FleetPages>({ queryKey: lists })) {
        if (pages) client.setQueryData(key, without(pages, kind, id));
      }
      void client.invalidateQueries({ queryKey: keys.fleetAgent(kind, id) });
    },
    onMissed: () => void client.invalidateQueries({ queryKey: keys.fleet }),
    onState,
  };
}

export function useLiveFleet(open?: OpenSource): StreamState {
  const client = useQueryClient();
  const [state, setState] = useState<StreamState>('connecting');
  useEffect(() => {
    const rereading = new Rereading(client);
    const end = listenToFleet(fleetListener(client, rereading, setState), open);
    return () => {
      end();
      rereading.end();
    };
  }, [client, open]);
  return state;
}
