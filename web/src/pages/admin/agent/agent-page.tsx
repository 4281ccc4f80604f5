// One agent, as admins see it: status, conditions, events, resources; never what it knows or says. Kept up to date by the
// fleet's stream.
import { Anchor, Button, Group } from '@mantine/core';
import { IconArrowLeft, IconKey, IconPlayerPlay, IconPlayerStop, IconRefresh, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useNavigate, useParams } from 'react-router';

import { api, body, type Schemas } from '../../../api/client';
import { asProblem } from '../../../api/problem';
import { keys } from '../../../api/queries';
import { Page } from '../../../components/page';
import { QueryView } from '../../../components/query-view';
import { EmptyState } from '../../../components/states';
import { text } from '../../../text';
import { NotFoundPage } from '../../not-found-page';
import { type AgentKind, type FleetAgent, titleOf } from '../agent-words';
import { useAgentDeeds } from '../fleet/agent-deeds';
import { LiveMark } from '../fleet/live-mark';
import { usedBy, useFleetUsage } from '../fleet/use-fleet-usage';
import { useLiveFleet } from '../fleet/use-live-fleet';
import { useAccountNames } from '../use-account-names';
import classes from './agent-page.module.css';
import { ConditionsSection } from './conditions-section';
import { EventsSection } from './events-section';
import { ResourcesSection } from './resources-section';
import { StatusSection } from './status-section';
import { WakeSection } from './wake-section';

const words = text.admin.agent;

// What GET /api/fleet/{kind}/{id} answers: all that the list has, and what is in force.
export type AgentInFull = FleetAgent & Pick<Schemas['FleetAgentInFull'], 'effective' | 'primaryModel' | 'providerId'>;

export function AgentPage() {
  const { kind, id } = useParams();
  if ((kind !== 'user' && kind !== 'system') || !id) return <NotFoundPage />;
  return <OneAgent key={`${kind}/${id}`} kind={kind} id={id} />;
}

function OneAgent({ kind, id }: { kind: AgentKind; id: string }) {
  const live = useLiveFleet();
  const names = useAccountNames();
  const usage = useFleetUsage();
  const agent = useQuery({
    queryKey: keys.fleetAgent(kind, id),
    queryFn: async () => (await body(api.GET('/api/fleet/{kind}/{id}', { params: { path: { kind, id } } }))) as AgentInFull,
  });
  const limits = useQuery({ queryKey: keys.limits, queryFn: () => body(api.GET('/api/settings/limits')), staleTime: 60_000 });
  const gone = agent.isError && asProblem(agent.error).type === 'not-found';
  const title = agent.data ? titleOf(agent.data, names) : id;
  return (
    <Page
      title={gone ? words.gone : title}
      description={agent.data && !gone ? text.admin.agentWords.kinds[kind] : undefined}
      wide
      actions={agent.data && !gone ? <Deeds agent={agent.data} title={title} live={<LiveMark state={live} />} /> : undefined}
    >
      <Anchor component={Link} to={kind === 'system' ? '/admin/system-agents' : '/admin/fleet'} size="sm" w="fit-content">
        <IconArrowLeft size={14} aria-hidden /> {kind === 'system' ? text.admin.systemAgents.title : words.back}
      </Anchor>
      {gone ? (
        <EmptyState title={words.gone}>{words.goneHint}</EmptyState>
      ) : (
        <QueryView query={agent} what={words.what}>
          {(shown) => (
            <div className={classes.columns}>
              <div className={classes.column}>
                <StatusSection agent={shown} ownerName={title} usage={usedBy(shown, usage)} />
                <ResourcesSection key={shown.generation} agent={shown} limits={limits.data} />
                <WakeSection kind={kind} id={id} />
              </div>
              <div className={classes.column}>
                <ConditionsSection agent={shown} />
                <EventsSection kind={kind} id={id} />
              </div>
            </div>
          )}
        </QueryView>
      )}
    </Page>
  );
}

function Deeds({ agent, title, live }: { agent: FleetAgent; title: string; live: ReactNode }) {
  const navigate = useNavigate();
  const deeds = useAgentDeeds(agent, title, () => void navigate('/admin/fleet'));
  return (
    <>
      {live}
      <Group gap="xs">
        {deeds.canStart && (
          <Button leftSection={<IconPlayerPlay size={16} aria-hidden />} loading={deeds.pending} onClick={deeds.start}>
            {text.actions.start}
          </Button>
        )}
        {deeds.canRestart && (
          <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} onClick={deeds.restart}>
            {text.actions.restart}
          </Button>
        )}
        {deeds.canRotate && (
          <Button variant="default" leftSection={<IconKey size={16} aria-hidden />} onClick={deeds.rotate}>
            {text.actions.rotateToken}
          </Button>
        )}
        {deeds.canStop && (
          <Button variant="default" leftSection={<IconPlayerStop size={16} aria-hidden />} onClick={deeds.stop}>
            {text.actions.stop}
          </Button>
        )}
        {deeds.canRemove && (
          <Button variant="default" c="var(--mantine-color-error)" leftSection={<IconTrash size={16} aria-hidden />} onClick={deeds.remove}>
            {text.admin.actions.remove}
          </Button>
        )}
      </Group>
      {deeds.dialogs}
    </>
  );
}
