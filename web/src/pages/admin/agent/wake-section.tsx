// How long an agent's starts took, as bars and as a table.
import { Group, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { api, body, type Schemas } from '../../../api/client';
import { keys } from '../../../api/queries';
import { BarPlot, PlotKey } from '../../../components/plot';
import { QueryView } from '../../../components/query-view';
import { Section } from '../../../components/section';
import { text } from '../../../text';
import { dateTime } from '../../../text/format';
import type { AgentKind } from '../agent-words';
import classes from './agent-page.module.css';

const words = text.admin.agent;
type Wake = Schemas['AgentWake'];
const mostBars = 60;

// "0.8 s", "12 s", "1 min 5 s"
export function spent(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export function medianOf(values: number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

export function WakeSection({ kind, id }: { kind: AgentKind; id: string }) {
  const wakes = useQuery({
    queryKey: [...keys.agentEvents(kind, id), 'wakes'],
    queryFn: async () => (await body(api.GET('/api/fleet/{kind}/{id}/wakes', { params: { path: { kind, id } } }))).items,
  });
  return (
    <Section title={words.wakes} description={words.wakesHint}>
      <QueryView query={wakes} what={words.wakesWhat} isEmpty={(list) => list.length === 0} empty={<Text c="dimmed">{words.noWakes}</Text>}>
        {(list) => <WakePlot wakes={list} />}
      </QueryView>
    </Section>
  );
}

function WakePlot({ wakes }: { wakes: Wake[] }) {
  const shown = wakes.slice(0, mostBars).reverse(); // oldest left
  const took = wakes.map((wake) => wake.tookMs);
  const summary = words.wakesSummary(wakes.length, spent(medianOf(took)), spent(Math.max(...took)));
  const bars = shown.map((wake) => ({
    key: wake.readyAt,
    value: wake.tookMs / 1000,
    title: `${dateTime(wake.readyAt)}: ${spent(wake.tookMs)}, ${words.start[wake.start]}`,
    tone: wake.start === 'cold' ? ('strong' as const) : ('light' as const),
  }));
  return (
    <>
      <Text size="sm">{summary}</Text>
      <BarPlot
        label={`${words.wakes}: ${summary}`}
        bars={bars}
        scale={(value) => `${value} s`}
        ends={[dateTime(shown[0]?.readyAt ?? ''), shown.length > 1 ? dateTime(shown.at(-1)?.readyAt ?? '') : '']}
      />
      <Group gap="lg">
        <PlotKey tone="strong">{words.start.cold}</PlotKey>
        <PlotKey tone="light">{words.start.thawed}</PlotKey>
      </Group>
      <details className={classes.details}>
        <summary>{words.asTable}</summary>
        <Table mt="xs" verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.wakeColumns.at}</Table.Th>
              <Table.Th>{words.wakeColumns.took}</Table.Th>
              <Table.Th>{words.wakeColumns.start}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {wakes.map((wake) => (
              <Table.Tr key={wake.readyAt}>
                <Table.Td>{dateTime(wake.readyAt)}</Table.Td>
                <Table.Td>{spent(wake.tookMs)}</Table.Td>
                <Table.Td>{words.start[wake.start]}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </details>
    </>
  );
}
