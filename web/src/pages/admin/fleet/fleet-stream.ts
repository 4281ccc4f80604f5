// What moves in the fleet, told by the server as it happens. The browser reconnects by itself after a broken connection;
// after a refusal (a server that restarts behind a proxy, a session that ended) we do.
import type { AgentKind, FleetAgent } from '../agent-words';

export type StreamState = 'connecting' | 'live' | 'lost';

export interface FleetListener {
  onAgent: (agent: FleetAgent) => void;
  onGone: (kind: AgentKind, id: string) => void;
  onMissed: () => void; // something may have been missed: read anew
  onState: (state: StreamState) => void;
}

export type OpenSource = (url: string) => EventSource;

const againAfterMs = 5_000;
const openSource: OpenSource = (url) => new EventSource(url);

// Returns what ends it.
export function listenToFleet(listener: FleetListener, open: OpenSource = openSource): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let opened = false; // nothing is replayed: what happened before a later opening was missed
  const connect = () => {
    source = open('/api/fleet/events');
    source.onopen = () => {
      listener.onState('live');
      if (opened) listener.onMissed();
      opened = true;
    };
    source.onerror = () => {
      listener.onState('lost');
      if (source.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, againAfterMs);
    };
    source.addEventListener('agent', (event) => listener.onAgent(JSON.parse(event.data as string) as FleetAgent));
    source.addEventListener('gone', (event) => {
      const { kind, id } = JSON.parse(event.data as string) as { kind: AgentKind; id: string };
      listener.onGone(kind, id);
    });
    source.addEventListener('missed', () => listener.onMissed());
  };
  listener.onState('connecting');
  connect();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
