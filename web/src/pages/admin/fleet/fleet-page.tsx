// The fleet: every agent in a table that the server's stream keeps up to date. Filters are part of the address.
import { Button, Group, Paper, SegmentedControl, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconPlayerStop, IconSearch, IconServer2 } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';

import { api, body } from '../../../api/client';
import { keys } from '../../../api/queries';
import { LoadMore } from '../../../components/load-more';
import { Page } from '../../../components/page';
import type { Phase } from '../../../components/phase-badge';
import { QueryView } from '../../../components/query-view';
import { EmptyState } from '../../../components/states';
import { text } from '../../../text';
import type { AgentKind } from '../agent-words';
import { useAccountNames } from '../use-account-names';
import type { FleetFilter } from './fleet-pages';
import { FleetTable } from './fleet-table';
import { LiveMark } from './live-mark';
import { StopAllDialog } from './stop-all-dialog';
import { useFleetUsage } from './use-fleet-usage';
import { fleetListKey, useLiveFleet } from './use-live-fleet';

const words = text.admin.fleet;
const pageSize = 100;
const typingMs = 250;
const phases = Object.entries(text.phases).map(([value, label]) => ({ value, label }));

function filterOf(search: URLSearchParams): FleetFilter {
  const [kind, phase] = [search.get('kind'), search.get('phase')];
  return {
    kind: kind === 'user' || kind === 'system' ? kind : null,
    phase: phase !== null && phase in text.phases ? (phase as Phase) : null,
    search: search.get('search') ?? '',
  };
}

export function FleetPage() {
  const state = useLiveFleet();
  const [address, setAddress] = useSearchParams();
  const [stopping, setStopping] = useState(false);
  const filter = filterOf(address);
  const names = useAccountNames();
  const usage = useFleetUsage();
  const limits = useQuery({ queryKey: keys.limits, queryFn: () => body(api.GET('/api/settings/limits')), staleTime: 60_000 });
  const fleet = useInfiniteQuery({
    queryKey: fleetListKey(filter),
    queryFn: ({ pageParam }) => {
      const query = { limit: pageSize, after: pageParam, kind: filter.kind ?? undefined, phase: filter.phase ?? undefined, search: filter.search || undefined };
      return body(api.GET('/api/fleet', { params: { query } }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  });
  const set = (change: Partial<FleetFilter>) => {
    const wanted = Object.entries({ ...filter, ...change }).filter(([, value]) => value);
    setAddress(Object.fromEntries(wanted) as Record<string, string>, { replace: true });
  };
  const filtered = filter.kind !== null || filter.phase !== null || filter.search !== '';
  return (
    <Page
      title={words.title}
      description={words.description}
      wide
      actions={
        <>
          <LiveMark state={state} />
          <Button variant="default" leftSection={<IconPlayerStop size={16} aria-hidden />} onClick={() => setStopping(true)}>
            {words.stopAll}
          </Button>
        </>
      }
    >
      <FleetFilters filter={filter} onChange={set} />
      <QueryView
        query={fleet}
        what={words.what}
        isEmpty={(data) => data.pages.every((page) => page.items.length === 0)}
        empty={<NothingHere filtered={filtered} onClear={() => setAddress({}, { replace: true })} />}
      >
        {(data) => {
          const agents = data.pages.flatMap((page) => page.items);
          return (
            <>
              <Paper withBorder p="xs">
                <FleetTable agents={agents} names={names} defaults={limits.data} usage={usage} />
              </Paper>
              <Text size="sm" c="dimmed" role="status">
                {words.shown(agents.length, fleet.hasNextPage)}
              </Text>
              <LoadMore query={fleet} />
            </>
          );
        }}
      </QueryView>
      {stopping && <StopAllDialog onClose={() => setStopping(false)} />}
    </Page>
  );
}

function FleetFilters({ filter, onChange }: { filter: FleetFilter; onChange: (change: Partial<FleetFilter>) => void }) {
  const [typed, setTyped] = useState(filter.search);
  const search = useDebouncedCallback((value: string) => onChange({ search: value.trim() }), typingMs);
  return (
    <Group align="flex-end" gap="md">
      <TextInput
        label={words.search}
        placeholder={words.searchHint}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          search(event.currentTarget.value);
        }}
        style={{ flex: '3 1 220px' }}
      />
      <Select
        label={words.phase}
        placeholder={words.allPhases}
        data={phases}
        value={filter.phase}
        onChange={(value) => onChange({ phase: value as Phase | null })}
        clearable
        clearButtonProps={{ 'aria-label': words.allPhases }}
        style={{ flex: '1 1 180px' }}
      />
      <SegmentedControl
        aria-label={words.kind}
        value={filter.kind ?? 'all'}
        onChange={(value) => onChange({ kind: value === 'all' ? null : (value as AgentKind) })}
        data={[
          { value: 'all', label: words.allKinds },
          { value: 'user', label: text.admin.agentWords.kinds.user },
          { value: 'system', label: text.admin.agentWords.kinds.system },
        ]}
      />
    </Group>
  );
}

function NothingHere({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  if (!filtered)
    return (
      <EmptyState icon={IconServer2} title={words.empty}>
        {words.emptyHint}
      </EmptyState>
    );
  return (
    <EmptyState icon={IconSearch} title={words.noMatch} action={<Button onClick={onClear}>{words.clear}</Button>}>
      {words.noMatchHint}
    </EmptyState>
  );
}
