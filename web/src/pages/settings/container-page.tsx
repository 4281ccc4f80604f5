// One's own agent's container: how it is, what it uses and writes, when it sleeps, start, stop, restart, another gateway token.
import { Alert, Button, Group, NumberInput, Paper, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconKey, IconPlayerPlay, IconPlayerStop, IconRefresh } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link } from 'react-router';

import { api, body, type Schemas } from '../../api/client';
import { affectsOf, dryRun } from '../../api/dry-run';
import { keys } from '../../api/queries';
import { useAccount } from '../../api/session';
import { ConfirmChange } from '../../components/confirm-change';
import { ConfirmDialog } from '../../components/confirm-dialog';
import { FactList } from '../../components/fact-list';
import { notifyDone, notifyEffects } from '../../components/notify';
import { Page } from '../../components/page';
import { PhaseBadge } from '../../components/phase-badge';
import { ProblemAlert } from '../../components/problem-alert';
import { QueryView } from '../../components/query-view';
import { usageFact } from '../../components/usage-fact';
import { text } from '../../text';
import { ago, duration, seconds } from '../../text/format';
import { LogSection } from './log-section';
import { useOwnUsage } from './use-own-usage';

const words = text.settings.container;
const lookAgainMs = 3_000;

type OwnAgent = Schemas['OwnAgent'];

export function ContainerPage() {
  const container = useQuery({ queryKey: keys.container, queryFn: () => body(api.GET('/api/container')), refetchInterval: lookAgainMs });
  return (
    <Page title={words.title} description={words.description}>
      <QueryView query={container} what={words.what}>
        {(agent) => (
          <>
            <StatusCard agent={agent} />
            {agent.id && <IdleCard key={agent.idleTimeoutMin} agent={agent} />}
            {agent.id && <LogSection />}
          </>
        )}
      </QueryView>
    </Page>
  );
}

function StatusCard({ agent }: { agent: OwnAgent }) {
  const usage = useOwnUsage(agent.phase === 'running');
  const facts: ([string, ReactNode] | null)[] = [
    [words.status, <PhaseBadge key="phase" phase={agent.phase} />],
    agent.message && agent.phase !== 'failed' ? [words.reason, agent.message] : null,
    [words.mode, words.desired[agent.desiredState]],
    [words.uptime, agent.uptimeSec === null ? words.notRunning : duration(agent.uptimeSec * 1000)],
    usage ? usageFact(usage) : null,
    [words.lastActive, agent.lastActiveAt ? ago(agent.lastActiveAt) : words.never],
    [words.coldStart, agent.estimatedStartMs === null ? words.unknown : seconds(agent.estimatedStartMs)],
  ];
  return (
    <Paper withBorder p="lg">
      <Stack>
        <FactList facts={facts.filter((fact) => fact !== null)} />
        {agent.id === null && <Text c="dimmed">{words.notMade}</Text>}
        {agent.phase === 'failed' && <Failure agent={agent} />}
        <LifeButtons agent={agent} />
      </Stack>
    </Paper>
  );
}

// What its settings lack is mended among the providers.
function Failure({ agent }: { agent: OwnAgent }) {
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={agent.message ?? text.phases.failed}>
      {agent.reason === 'ConfigurationInvalid' && (
        <Button size="xs" component={Link} to="/settings/providers">
          {text.settings.agent.toProviders}
        </Button>
      )}
    </Alert>
  );
}

const lifePaths = {
  start: '/api/container/start',
  stop: '/api/container/stop',
  restart: '/api/container/restart',
  rotate: '/api/container/rotate-token',
} as const;
type Deed = keyof typeof lifePaths;
const told: Record<Deed, string> = { start: words.started, stop: words.stopped, restart: words.restarted, rotate: words.rotated };
const questions = {
  stop: { title: words.stopTitle, hint: words.stopHint, confirm: text.actions.stop },
  restart: { title: words.restartTitle, hint: words.restartHint, confirm: text.actions.restart },
  rotate: { title: words.rotateTitle, hint: words.rotateHint, confirm: text.actions.rotateToken },
} as const;

function LifeButtons({ agent }: { agent: OwnAgent }) {
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState<keyof typeof questions | null>(null);
  const act = useMutation({
    mutationFn: (deed: Deed) => body(api.POST(lifePaths[deed])),
    onSuccess: (after, deed) => {
      setAsking(null);
      queryClient.setQueryData(keys.container, after);
      notifyDone(told[deed]);
    },
  });
  const awake = ['running', 'starting', 'pulling', 'waiting', 'draining'].includes(agent.phase);
  return (
    <>
      <Group>
        {(!awake || agent.desiredState === 'stopped') && (
          <Button leftSection={<IconPlayerPlay size={16} aria-hidden />} loading={act.isPending} onClick={() => act.mutate('start')}>
            {agent.id === null ? words.make : text.actions.start}
          </Button>
        )}
        {agent.id !== null && awake && (
          <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} onClick={() => setAsking('restart')}>
            {text.actions.restart}
          </Button>
        )}
        {agent.id !== null && !agent.deleting && (
          <Button variant="default" leftSection={<IconKey size={16} aria-hidden />} onClick={() => setAsking('rotate')}>
            {text.actions.rotateToken}
          </Button>
        )}
        {agent.id !== null && agent.desiredState !== 'stopped' && (
          <Button variant="default" leftSection={<IconPlayerStop size={16} aria-hidden />} onClick={() => setAsking('stop')}>
            {text.actions.stop}
          </Button>
        )}
      </Group>
      {act.isError && asking === null && <ProblemAlert error={act.error} />}
      <ConfirmDialog
        opened={asking !== null}
        title={asking ? questions[asking].title : ''}
        confirmLabel={asking ? questions[asking].confirm : ''}
        pending={act.isPending}
        error={act.error}
        onConfirm={() => asking && act.mutate(asking)}
        onClose={() => setAsking(null)}
      >
        {asking && questions[asking].hint}
      </ConfirmDialog>
    </>
  );
}

function IdleCard({ agent }: { agent: OwnAgent }) {
  const account = useAccount();
  const queryClient = useQueryClient();
  const [minutes, setMinutes] = useState<number | string>(agent.idleTimeoutMin);
  const [confirming, setConfirming] = useState(false);
  const send = (dry: boolean) =>
    body(api.PATCH('/api/container', { params: dry ? dryRun : {}, body: { idleTimeoutMin: Number(minutes) } }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setConfirming(true);
  };
  const valid = typeof minutes === 'number' && Number.isInteger(minutes) && minutes >= 1;
  return (
    <Paper withBorder p="lg">
      <form onSubmit={submit}>
        <Group align="flex-end">
          <NumberInput
            label={words.idle}
            description={words.idleHint}
            value={minutes}
            onChange={setMinutes}
            min={1}
            max={525_600}
            allowDecimal={false}
            style={{ flex: '1 1 240px' }}
          />
          <Button type="submit" disabled={!valid || minutes === agent.idleTimeoutMin}>
            {text.actions.save}
          </Button>
        </Group>
      </form>
      <ConfirmChange
        opened={confirming}
        title={words.idleTitle}
        ownerId={account.id}
        preview={async () => affectsOf(await send(true))}
        apply={async () => notifyEffects(affectsOf(await send(false)))}
        onDone={() => {
          setConfirming(false);
          void queryClient.invalidateQueries({ queryKey: keys.container });
        }}
        onClose={() => setConfirming(false)}
      />
    </Paper>
  );
}
