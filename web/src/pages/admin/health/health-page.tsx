// How the process is that serves this page: its readiness checks, and its metrics as small plots.
import { Badge, Group, Paper, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';

import { api } from '../../../api/client';
import { problemFrom } from '../../../api/problem';
import { keys } from '../../../api/queries';
import { CardGrid } from '../../../components/card-grid';
import { Page } from '../../../components/page';
import { LinePlot } from '../../../components/plot';
import { QueryView } from '../../../components/query-view';
import { type Column, RecordTable } from '../../../components/record-table';
import { Section } from '../../../components/section';
import { text } from '../../../text';
import { quantileOf, type Quantile, type Sample, sumOf } from './metrics';
import { allSeries, type Look, pointsOf, type Series } from './series';
import { lookEveryMs, looksKept, useLooks } from './use-looks';

const words = text.admin.health;

interface Readiness {
  status: string;
  checks: { name: string; ok: boolean; reason?: string }[];
}

// Not ready is an answer too, with a 503.
async function readReadiness(): Promise<Readiness> {
  const { data, error, response } = await api.GET('/readyz');
  const answer = (data ?? error) as unknown;
  if (typeof answer === 'object' && answer !== null && 'checks' in answer) return answer as Readiness;
  throw problemFrom(error, response);
}

export function HealthPage() {
  const readiness = useQuery({ queryKey: [...keys.health, 'ready'], queryFn: readReadiness, refetchInterval: lookEveryMs });
  const { query, looks } = useLooks();
  const controller = readiness.data?.checks.some(({ name }) => name === 'engine') ?? false;
  const version = query.data?.samples.find(({ name }) => name === 'mosaic_build_info')?.labels.version;
  return (
    <Page title={words.title} description={words.description} wide>
      <Section
        title={words.checks}
        description={version && words.build(version)}
        actions={readiness.data && <Verdict ready={readiness.data.status === 'ready'} />}
      >
        <QueryView query={readiness} what={words.what}>
          {({ checks }) => <Checks checks={checks} />}
        </QueryView>
      </Section>
      <Section title={words.plots} description={words.hint}>
        <QueryView query={query} what={words.plotsWhat}>
          {() => (
            <>
              {!controller && readiness.data && <Text size="sm">{words.noController}</Text>}
              <CardGrid>
                {allSeries
                  .filter((series) => controller || !series.controller)
                  .map((series) => (
                    <SeriesCard key={series.id} series={series} looks={looks} />
                  ))}
              </CardGrid>
            </>
          )}
        </QueryView>
      </Section>
      {query.data && controller && (
        <Section title={words.wakes} description={words.wakesHint}>
          <Wakes samples={query.data.samples} />
        </Section>
      )}
    </Page>
  );
}

function Verdict({ ready }: { ready: boolean }) {
  return (
    <Badge color={ready ? 'teal' : 'red'} variant="dot" tt="none" role="status">
      {ready ? words.ready : words.notReady}
    </Badge>
  );
}

function Checks({ checks }: { checks: Readiness['checks'] }) {
  return (
    <Group component="ul" gap="lg" m={0} p={0}>
      {checks.map(({ name, ok, reason }) => (
        <li key={name} style={{ listStyle: 'none' }}>
          <Group gap={6} wrap="nowrap">
            {ok ? <IconCircleCheck size={18} color="var(--mantine-color-teal-text)" aria-hidden /> : <IconAlertTriangle size={18} color="var(--mantine-color-error)" aria-hidden />}
            <Text size="sm">
              <b>{name}</b>: {ok ? words.ok : (reason ?? words.bad)}
            </Text>
          </Group>
        </li>
      ))}
    </Group>
  );
}

function SeriesCard({ series, looks }: { series: Series; looks: Look[] }) {
  const points = pointsOf(series, looks);
  const latest = points.at(-1) ?? null;
  const highest = Math.max(0, ...points.map((point) => point ?? 0));
  const now = latest === null ? '–' : series.format(latest);
  return (
    <Paper withBorder p="md">
      <Text size="sm" c="dimmed">
        {series.title}
      </Text>
      <Group justify="space-between" align="baseline">
        <Text fw={700} size="xl">
          {now}
        </Text>
        <Text size="xs" c="dimmed">
          {words.highest(series.format(highest))}
        </Text>
      </Group>
      <LinePlot label={words.plotLabel(series.title, now, series.format(highest))} values={points} places={looksKept} />
    </Paper>
  );
}

interface WakeRow {
  start: string;
  count: number;
  half: Quantile | null;
  most: Quantile | null;
}

const wakeMetric = 'mosaic_wake_duration_seconds';

function wakeRows(samples: Sample[]): WakeRow[] {
  return Object.keys(words.wakeStart)
    .map((start) => ({
      start,
      count: sumOf(samples, `${wakeMetric}_count`, { start }) ?? 0,
      half: quantileOf(samples, wakeMetric, { start }, 0.5),
      most: quantileOf(samples, wakeMetric, { start }, 0.95),
    }))
    .filter(({ count }) => count > 0);
}

function within(quantile: Quantile | null): string {
  if (!quantile) return '–';
  const time = quantile.bound < 1 ? `${Math.round(quantile.bound * 1000)} ms` : `${quantile.bound} s`;
  return quantile.beyond ? words.beyond(time) : words.within(time);
}

const columns: Column<WakeRow>[] = [
  { id: 'start', label: words.wakeColumns.start, cell: ({ start }) => <b>{words.wakeStart[start]}</b> },
  { id: 'count', label: words.wakeColumns.count, cell: ({ count }) => String(count) },
  { id: 'half', label: words.wakeColumns.half, cell: ({ half }) => within(half) },
  { id: 'most', label: words.wakeColumns.most, cell: ({ most }) => within(most) },
];

function Wakes({ samples }: { samples: Sample[] }) {
  const rows = wakeRows(samples);
  if (rows.length === 0) return <Text c="dimmed">{words.noWakes}</Text>;
  return <RecordTable label={words.wakes} columns={columns} rows={rows} rowKey={({ start }) => start} />;
}
