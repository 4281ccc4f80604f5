// Who changed what, newest first.
import { Badge, Button, Group, Paper, Select, Text } from '@mantine/core';
import { IconHistory, IconRefresh, IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';

import { api, body, type Schemas } from '../../../api/client';
import { keys } from '../../../api/queries';
import { LoadMore } from '../../../components/load-more';
import { Page } from '../../../components/page';
import { QueryView } from '../../../components/query-view';
import { type Column, RecordTable } from '../../../components/record-table';
import { EmptyState } from '../../../components/states';
import { text } from '../../../text';
import { dateTime } from '../../../text/format';
import { useAccountNames } from '../use-account-names';

const words = text.admin.audit;
const pageSize = 50;
type Entry = Schemas['AuditEntry'];

const outcomeColors: Record<Entry['outcome'], string> = { ok: 'teal', refused: 'orange', failed: 'red' };
const groups = Object.entries(words.groups).map(([value, label]) => ({ value, label }));

export function AuditPage() {
  const [address, setAddress] = useSearchParams();
  const queryClient = useQueryClient();
  const names = useAccountNames();
  const [actor, action] = [address.get('actor'), address.get('action')];
  const audit = useInfiniteQuery({
    queryKey: [...keys.audit, actor, action],
    queryFn: ({ pageParam }) =>
      body(api.GET('/api/audit', { params: { query: { limit: pageSize, after: pageParam, actor: actor ?? undefined, action: action ?? undefined } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  });
  const set = (name: 'actor' | 'action', value: string | null) => {
    const next = new URLSearchParams(address);
    if (value) next.set(name, value);
    else next.delete(name);
    setAddress(next, { replace: true });
  };
  const people = [...names].map(([value, label]) => ({ value, label })).sort((left, right) => left.label.localeCompare(right.label));
  const filtered = actor !== null || action !== null;
  return (
    <Page
      title={words.title}
      description={words.description}
      wide
      actions={
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} aria-hidden />}
          loading={audit.isRefetching}
          onClick={() => void queryClient.resetQueries({ queryKey: keys.audit })}
        >
          {words.refresh}
        </Button>
      }
    >
      <Group align="flex-end">
        <Select
          label={words.actor}
          placeholder={words.everybody}
          data={people}
          value={actor}
          onChange={(value) => set('actor', value)}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': words.everybody }}
          style={{ flex: '1 1 260px', maxWidth: 420 }}
        />
        <Select
          label={words.action}
          placeholder={words.everything}
          data={groups}
          value={action}
          onChange={(value) => set('action', value)}
          clearable
          clearButtonProps={{ 'aria-label': words.everything }}
          style={{ flex: '1 1 260px', maxWidth: 420 }}
        />
      </Group>
      <QueryView
        query={audit}
        what={words.what}
        isEmpty={(data) => data.pages.every((page) => page.items.length === 0)}
        empty={
          <EmptyState icon={filtered ? IconSearch : IconHistory} title={filtered ? words.noMatch : words.empty}>
            {filtered ? words.noMatchHint : words.emptyHint}
          </EmptyState>
        }
      >
        {(data) => (
          <>
            <Paper withBorder p="xs">
              <RecordTable label={words.table} columns={columns} rows={data.pages.flatMap((page) => page.items)} rowKey={({ id }) => String(id)} />
            </Paper>
            <LoadMore query={audit} label={text.admin.agent.older} />
          </>
        )}
      </QueryView>
    </Page>
  );
}

const columns: Column<Entry>[] = [
  {
    id: 'action',
    label: words.columns.action,
    cell: ({ action, detail }) => (
      <>
        <Text size="sm" fw={600}>
          {action}
        </Text>
        {detail && (
          <Text size="xs" c="dimmed">
            {detail}
          </Text>
        )}
      </>
    ),
  },
  {
    id: 'actor',
    label: words.columns.actor,
    cell: ({ actorName, actorId, via, remote }) => (
      <>
        <Text size="sm">{actorName ?? actorId ?? words.nobody}</Text>
        <Text size="xs" c="dimmed">
          {[words.via(via), remote && words.from(remote)].filter(Boolean).join(' ')}
        </Text>
      </>
    ),
  },
  { id: 'target', label: words.columns.target, cell: ({ target }) => <Text size="sm">{target}</Text> },
  {
    id: 'outcome',
    label: words.columns.outcome,
    whole: true,
    cell: ({ outcome }) => (
      <Badge variant="dot" color={outcomeColors[outcome]} tt="none">
        {words.outcomes[outcome]}
      </Badge>
    ),
  },
  { id: 'at', label: words.columns.at, whole: true, cell: ({ at }) => <time dateTime={at}>{dateTime(at)}</time> },
];
