import { Anchor, Badge, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from 'react-router';

import type { Schemas } from '../../../api/client';
import { PhaseBadge } from '../../../components/phase-badge';
import { type Column, RecordTable } from '../../../components/record-table';
import { TimeAgo } from '../../../components/time-ago';
import { text } from '../../../text';
import { type AccountNames, complaintOf, type FleetAgent, pathOf, reasonOf, sinceOf, titleOf } from '../agent-words';
import { AgentMenu } from './agent-menu';
import { type FleetUsage, usedBy } from './use-fleet-usage';

const words = text.admin.agentWords;
const { columns: heads, table } = text.admin.fleet;

type Defaults = Pick<Schemas['Limits'], 'memoryMb' | 'cpuMilli'> | undefined;

interface FleetTableProps {
  agents: FleetAgent[];
  names: AccountNames;
  defaults: Defaults;
  usage: FleetUsage;
}

export function FleetTable({ agents, names, defaults, usage }: FleetTableProps) {
  const columns: Column<FleetAgent>[] = [
    { id: 'agent', label: heads.agent, cell: (agent) => <NameCell agent={agent} title={titleOf(agent, names)} /> },
    { id: 'status', label: heads.status, cell: (agent) => <StatusCell agent={agent} /> },
    { id: 'resources', label: heads.resources, cell: (agent) => <ResourcesCell agent={agent} defaults={defaults} used={usedBy(agent, usage)} /> },
    { id: 'used', label: heads.used, whole: true, cell: (agent) => (agent.lastActiveAt ? <TimeAgo iso={agent.lastActiveAt} /> : words.never) },
    {
      id: 'actions',
      label: heads.actions,
      hidden: true,
      actions: true,
      cell: (agent) => <AgentMenu agent={agent} title={titleOf(agent, names)} />,
    },
  ];
  return <RecordTable label={table} columns={columns} rows={agents} rowKey={(agent) => `${agent.kind}/${agent.id}`} />;
}

function NameCell({ agent, title }: { agent: FleetAgent; title: string }) {
  return (
    <>
      <Anchor component={Link} to={pathOf(agent)} fw={600} size="sm">
        {title}
      </Anchor>
      <Group gap={6} mt={2}>
        <Badge size="sm" variant="light" tt="none" color={agent.kind === 'system' ? 'grape' : 'indigo'}>
          {words.kinds[agent.kind]}
        </Badge>
        {agent.role && (
          <Text size="xs" c="dimmed">
            {agent.role}
          </Text>
        )}
        {agent.isActive === false && (
          <Badge size="sm" color="gray" variant="outline" tt="none">
            {words.switchedOff}
          </Badge>
        )}
      </Group>
    </>
  );
}

function StatusCell({ agent }: { agent: FleetAgent }) {
  const since = sinceOf(agent);
  const [reason, complaint] = [reasonOf(agent), complaintOf(agent)];
  return (
    <>
      <Group gap={8}>
        <PhaseBadge phase={agent.phase} />
        {since && (
          <Text size="xs" c="dimmed">
            {since}
          </Text>
        )}
      </Group>
      {reason && reason !== complaint && (
        <Text size="xs" c="dimmed" mt={2} data-reason={agent.reason}>
          {reason}
        </Text>
      )}
      {complaint && (
        <Text size="xs" c="var(--mantine-color-error)" mt={2}>
          <IconAlertTriangle size={13} aria-hidden /> {complaint}
        </Text>
      )}
      {(agent.restartCount ?? 0) > 0 && (
        <Text size="xs" c="dimmed" mt={2}>
          {words.restarts(agent.restartCount ?? 0)}
        </Text>
      )}
    </>
  );
}

function ResourcesCell({ agent, defaults, used }: { agent: FleetAgent; defaults: Defaults; used: Schemas['AgentUsage'] | undefined }) {
  const memory = agent.memoryMb ?? defaults?.memoryMb;
  const cpu = agent.cpuMilli ?? defaults?.cpuMilli;
  const own = agent.memoryMb != null || agent.cpuMilli != null || agent.image != null;
  if (memory === undefined || cpu === undefined) return <>{words.default}</>;
  return (
    <>
      <Text size="sm" style={{ whiteSpace: 'nowrap' }}>
        {words.memory(memory)} · {words.cpu(cpu)}
      </Text>
      {!own && (
        <Text size="xs" c="dimmed">
          {words.default}
        </Text>
      )}
      {used && (
        <Text size="xs" style={{ whiteSpace: 'nowrap' }}>
          {words.uses(used.memoryBytes, used.cpuMilli)}
        </Text>
      )}
    </>
  );
}
