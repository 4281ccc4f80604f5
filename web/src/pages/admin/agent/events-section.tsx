// What happened to an agent, newest first, older pages on demand.
import { Badge, Group, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';

import { api, body, type Schemas } from '../../../api/client';
import { keys } from '../../../api/queries';
import { LoadMore } from '../../../components/load-more';
import { QueryView } from '../../../components/query-view';
import { Section } from '../../../components/section';
import { TimeAgo } from '../../../components/time-ago';
import { text } from '../../../text';
import type { AgentKind } from '../agent-words';
import classes from './agent-page.module.css';

const words = text.admin.agent;
const pageSize = 20;
const lookAgainMs = 10_000; // what changes no status, such as a refused address, the fleet's stream does not tell

export function EventsSection({ kind, id }: { kind: AgentKind; id: string }) {
  const events = useInfiniteQuery({
    queryKey: [...keys.agentEvents(kind, id), 'list'],
    queryFn: ({ pageParam }) =>
      body(api.GET('/api/fleet/{kind}/{id}/events', { params: { path: { kind, id }, query: { limit: pageSize, after: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: lookAgainMs,
  });
  return (
    <Section title={words.events}>
      <QueryView
        query={events}
        what={words.eventsWhat}
        isEmpty={(data) => data.pages.every((page) => page.items.length === 0)}
        empty={<Text c="dimmed">{words.noEvents}</Text>}
      >
        {(data) => (
          <>
            <ol className={classes.events} aria-label={words.events}>
              {data.pages.flatMap((page) => page.items).map((event) => (
                <EventItem key={event.id} event={event} />
              ))}
            </ol>
            <LoadMore query={events} label={words.older} />
          </>
        )}
      </QueryView>
    </Section>
  );
}

function EventItem({ event }: { event: Schemas['AgentEvent'] }) {
  const tone = event.severity === 'warning' ? 'warning' : event.reason === 'Ready' ? 'good' : 'plain';
  return (
    <li className={classes.event} data-tone={tone}>
      <Group gap={8}>
        <Text size="sm" fw={600}>
          {event.reason}
        </Text>
        {tone === 'warning' && (
          <Badge size="xs" color="red" variant="dot" tt="none">
            {words.warning}
          </Badge>
        )}
        {event.count > 1 && (
          <Badge size="xs" variant="default" tt="none">
            {words.times(event.count)}
          </Badge>
        )}
        <Text size="xs" c="dimmed">
          <TimeAgo iso={event.at} />
        </Text>
      </Group>
      <Text size="sm" c="dimmed">
        {event.message}
      </Text>
    </li>
  );
}
