import { Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconHelpCircle } from '@tabler/icons-react';

import { type Column, RecordTable } from '../../../components/record-table';
import { Section } from '../../../components/section';
import { TimeAgo } from '../../../components/time-ago';
import { text } from '../../../text';
import type { FleetAgent } from '../agent-words';

const words = text.admin.agent;
type Condition = FleetAgent['conditions'][number];

const icons = { True: IconCircleCheck, False: IconAlertTriangle } as Record<string, typeof IconHelpCircle>;

const columns: Column<Condition>[] = [
  { id: 'type', label: words.conditionColumns.type, cell: ({ type }) => <b>{words.conditionTypes[type] ?? type}</b> },
  { id: 'status', label: words.conditionColumns.status, cell: ({ status, type }) => <Holds status={status} plain={type === 'Sleep'} /> },
  {
    id: 'reason',
    label: words.conditionColumns.reason,
    cell: ({ reason, message }) => (
      <>
        <Text size="sm">{reason}</Text>
        <Text size="xs" c="dimmed">
          {message}
        </Text>
      </>
    ),
  },
  { id: 'since', label: words.conditionColumns.since, cell: ({ lastTransition }) => <TimeAgo iso={lastTransition} /> },
];

// `plain`: neither answer is good or bad.
function Holds({ status, plain }: { status: string; plain: boolean }) {
  const Icon = icons[status] ?? IconHelpCircle;
  const said = words.holds[status] ?? status;
  if (plain) return <>{said}</>;
  const color = status === 'True' ? 'var(--mantine-color-teal-text)' : 'var(--mantine-color-dimmed)';
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      <Icon size={15} color={color} aria-hidden style={{ verticalAlign: '-2px' }} /> {said}
    </span>
  );
}

export function ConditionsSection({ agent }: { agent: FleetAgent }) {
  return (
    <Section title={words.conditions}>
      {agent.conditions.length === 0 ? (
        <Text c="dimmed">{words.noConditions}</Text>
      ) : (
        <RecordTable label={words.conditions} columns={columns} rows={agent.conditions} rowKey={({ type }) => type} />
      )}
    </Section>
  );
}
