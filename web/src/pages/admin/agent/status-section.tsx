import { Alert, Code, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

import type { Schemas } from '../../../api/client';
import { FactList } from '../../../components/fact-list';
import { isAsleep, PhaseBadge } from '../../../components/phase-badge';
import { usageFact } from '../../../components/usage-fact';
import { Section } from '../../../components/section';
import { TimeAgo } from '../../../components/time-ago';
import { text } from '../../../text';
import { dateTime, duration } from '../../../text/format';
import type { AgentInFull } from './agent-page';
import { spent } from './wake-section';

const words = text.admin.agent;
const { agentWords } = text.admin;

type Fact = [name: string, value: ReactNode];

interface StatusSectionProps {
  agent: AgentInFull;
  ownerName: string;
  usage: Schemas['AgentUsage'] | undefined;
}

function factsOf({ agent, ownerName, usage }: StatusSectionProps): Fact[] {
  const facts: (Fact | null)[] = [
    [words.phase, <PhaseBadge key="phase" phase={agent.phase} />],
    agent.message && agent.reason !== 'Inactive' ? [words.reason, agent.message] : null,
    [words.mode, agent.kind === 'system' && agent.isActive === false ? agentWords.switchedOff : agentWords.desired[agent.desiredState]],
    agent.uptimeSec != null ? [words.uptime, duration(agent.uptimeSec * 1000)] : null,
    usage ? usageFact(usage) : null,
    agent.asleepSince && isAsleep(agent) ? [words.asleep, <TimeAgo key="asleep" iso={agent.asleepSince} />] : null,
    [words.lastUsed, agent.lastActiveAt ? <TimeAgo key="used" iso={agent.lastActiveAt} /> : agentWords.never],
    agent.busyUntil && Date.parse(agent.busyUntil) > Date.now() ? [words.busy, dateTime(agent.busyUntil)] : null,
    agent.restartCount ? [words.restarts, agent.restartCount] : null,
    agent.nextRetryAt ? [words.nextRetry, dateTime(agent.nextRetryAt)] : null,
    agent.estimatedStartMs != null ? [words.coldStart, spent(agent.estimatedStartMs)] : null,
    agent.observedGeneration == null ? null : [words.generation, words.generationSeen(agent.observedGeneration, agent.generation)],
    agent.kind === 'user' ? [words.owner, ownerName] : null,
    agent.kind === 'user' && ownerName !== agent.owner ? [words.ownerId, <Code key="owner">{agent.owner}</Code>] : null,
    agent.role ? [words.role, agent.role] : null,
    agent.primaryModel ? [words.model, agent.primaryModel] : null,
    [words.container, <Code key="container">{agent.name}</Code>],
  ];
  return facts.filter((fact) => fact !== null);
}

export function StatusSection(props: StatusSectionProps) {
  const { lastError } = props.agent;
  return (
    <Section title={words.status}>
      <Stack gap="md">
        {lastError && (
          <Alert color="red" title={words.lastError}>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {lastError}
            </Text>
          </Alert>
        )}
        <FactList facts={factsOf(props)} />
      </Stack>
    </Section>
  );
}
