// What the agent's own session has of a conversation: read once the agent is awake, also when it woke for a message that
// was written here meanwhile, and put before that message.
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';

import { api, body } from '../../api/client';
import { keys } from '../../api/queries';
import type { ChatStore } from './chat-store';
import { sessionOf } from './conversations';

const lookAgainMs = 3_000;
const askAgainMs = 5_000; // an agent that has only just woken may be too busy to say

export function useHistory(store: ChatStore, conversation: string, recorded: boolean, running: boolean) {
  const container = useQuery({
    queryKey: keys.container,
    queryFn: () => body(api.GET('/api/container')),
    refetchInterval: recorded ? false : lookAgainMs,
  });
  const awake = container.data?.phase === 'running';
  const wanted = awake && !recorded && !running;
  const history = useQuery({
    queryKey: ['conversation', conversation],
    queryFn: () => body(api.GET('/api/conversations/{session}/messages', { params: { path: { session: sessionOf(conversation) } } })),
    enabled: wanted,
    refetchInterval: ({ state }) => (state.status === 'error' ? askAgainMs : false),
    staleTime: 0,
    gcTime: 0,
  });
  const { data } = history;
  useEffect(() => {
    if (data && wanted) store.takeRecord(conversation, data.items, data.hasMore);
  }, [data, wanted, store, conversation]);
  return { container, history, awake, reading: wanted && history.isPending };
}
