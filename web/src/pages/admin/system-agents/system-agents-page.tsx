// The platform's own agents: those that are made, and the four that it knows and that are not.
import { ActionIcon, Anchor, Button, Group, Paper, Stack, Text, Title, Tooltip } from '@mantine/core';
import { IconEdit, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';

import { api, body } from '../../../api/client';
import { keys } from '../../../api/queries';
import { CardGrid } from '../../../components/card-grid';
import { LoadMore } from '../../../components/load-more';
import { Page } from '../../../components/page';
import { PhaseBadge } from '../../../components/phase-badge';
import { QueryView } from '../../../components/query-view';
import { Section } from '../../../components/section';
import { text } from '../../../text';
import { complaintOf, type FleetAgent, pathOf, reasonOf, sinceOf } from '../agent-words';
import { AgentMenu } from '../fleet/agent-menu';
import type { FleetFilter } from '../fleet/fleet-pages';
import { LiveMark } from '../fleet/live-mark';
import { fleetListKey, useLiveFleet } from '../fleet/use-live-fleet';
import type { DefaultAgent } from './system-agent-draft';
import { EditSystemAgent, NewSystemAgent } from './system-agent-editor';
import type { SystemAgentChoices } from './system-agent-fields';

const words = text.admin.systemAgents;
const systemOnly: FleetFilter = { kind: 'system', phase: null, search: '' };

type Editing = { make: DefaultAgent | null } | { edit: FleetAgent } | null;

export function SystemAgentsPage() {
  const live = useLiveFleet();
  const queryClient = useQueryClient();
  const [editing, setEditing] = useState<Editing>(null);
  const agents = useInfiniteQuery({
    queryKey: fleetListKey(systemOnly),
    queryFn: ({ pageParam }) => body(api.GET('/api/fleet', { params: { query: { kind: 'system', limit: 200, after: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const choices = useQuery({ queryKey: keys.systemAgentChoices, queryFn: () => body(api.GET('/api/system-agents/choices')), staleTime: 0 });
  const close = () => setEditing(null);
  const saved = () => {
    close();
    void queryClient.invalidateQueries({ queryKey: keys.fleet });
  };
  return (
    <Page
      title={words.title}
      description={words.description}
      actions={
        <>
          <LiveMark state={live} />
          <Button leftSection={<IconPlus size={18} aria-hidden />} disabled={!choices.data} onClick={() => setEditing({ make: null })}>
            {words.add}
          </Button>
        </>
      }
    >
      <QueryView query={agents} what={words.what}>
        {(data) => {
          const list = data.pages.flatMap((page) => page.items);
          return (
            <>
              <AgentList list={list} onEdit={choices.data ? (agent) => setEditing({ edit: agent }) : undefined} />
              <LoadMore query={agents} />
              <QueryView query={choices} what={words.choicesWhat}>
                {(known) => <Defaults choices={known} made={new Set(list.map(({ name }) => name))} onMake={(make) => setEditing({ make })} />}
              </QueryView>
            </>
          );
        }}
      </QueryView>
      {editing && choices.data && <Editor editing={editing} choices={choices.data} onClose={close} onSaved={saved} />}
    </Page>
  );
}

interface EditorProps {
  editing: NonNullable<Editing>;
  choices: SystemAgentChoices;
  onClose: () => void;
  onSaved: () => void;
}

function Editor({ editing, ...rest }: EditorProps) {
  if ('make' in editing) return <NewSystemAgent from={editing.make} {...rest} />;
  return <EditSystemAgent id={editing.edit.id ?? ''} name={editing.edit.name} {...rest} />;
}

function AgentList({ list, onEdit }: { list: FleetAgent[]; onEdit?: (agent: FleetAgent) => void }) {
  if (list.length === 0)
    return (
      <Section title={words.empty} description={words.emptyHint}>
        {null}
      </Section>
    );
  return (
    <Stack component="ul" gap="sm" m={0} p={0}>
      {list.map((agent) => (
        <AgentCard key={agent.id} agent={agent} onEdit={onEdit} />
      ))}
    </Stack>
  );
}

function AgentCard({ agent, onEdit }: { agent: FleetAgent; onEdit?: (agent: FleetAgent) => void }) {
  const complaint = complaintOf(agent);
  const said = complaint ?? reasonOf(agent);
  return (
    <Paper component="li" withBorder p="md" style={{ listStyle: 'none' }}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div>
          <Group gap="sm">
            <Title order={2} size="h4">
              <Anchor component={Link} to={pathOf(agent)} inherit>
                {agent.name}
              </Anchor>
            </Title>
            <PhaseBadge phase={agent.phase} />
          </Group>
          <Text size="sm" c="dimmed">
            {[agent.role, agent.isActive === false ? text.admin.agentWords.switchedOff : sinceOf(agent)].filter(Boolean).join(' · ')}
          </Text>
          {said && (
            <Text size="sm" mt={4} c={complaint ? 'var(--mantine-color-error)' : undefined} style={{ overflowWrap: 'anywhere' }}>
              {said}
            </Text>
          )}
        </div>
        <Group gap={4} wrap="nowrap">
          <Tooltip label={text.actions.edit}>
            <ActionIcon variant="subtle" color="gray" size="lg" disabled={!onEdit || agent.deleting} aria-label={words.edit(agent.name)} onClick={() => onEdit?.(agent)}>
              <IconEdit size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <AgentMenu agent={agent} title={agent.name} />
        </Group>
      </Group>
    </Paper>
  );
}

function Defaults({ choices, made, onMake }: { choices: SystemAgentChoices; made: Set<string>; onMake: (agent: DefaultAgent) => void }) {
  const left = choices.agents.filter(({ name }) => !made.has(name));
  if (left.length === 0) return null;
  return (
    <Section title={words.defaults}>
      <CardGrid>
        {left.map((agent) => (
          <Paper key={agent.agent} withBorder p="md">
            <Stack gap="xs" h="100%" justify="space-between">
              <div>
                <Title order={3} size="h5">
                  {agent.name}
                </Title>
                <Text size="sm">{agent.purpose}</Text>
                <Text size="xs" c="dimmed">
                  {agent.role} · {words.memory(text.admin.agentWords.memory(agent.memoryMb))}
                </Text>
              </div>
              <Button size="xs" variant="light" onClick={() => onMake(agent)}>
                {words.addDefault(agent.name)}
              </Button>
            </Stack>
          </Paper>
        ))}
      </CardGrid>
    </Section>
  );
}
