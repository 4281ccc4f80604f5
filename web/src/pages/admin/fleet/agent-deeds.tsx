// What an admin can do with an agent: start, stop, restart, another gateway token, delete. One place for the menu of a row and the buttons of a page.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';

import { api, body } from '../../../api/client';
import { keys } from '../../../api/queries';
import { ConfirmDialog } from '../../../components/confirm-dialog';
import { notifyDone } from '../../../components/notify';
import { notifyProblem } from '../../../components/notify-problem';
import { isAsleep } from '../../../components/phase-badge';
import { text } from '../../../text';
import type { FleetAgent } from '../agent-words';
import { RemovalDialog } from './removal-dialog';

const words = text.admin.actions;
const paths = {
  start: '/api/fleet/{kind}/{id}/start',
  stop: '/api/fleet/{kind}/{id}/stop',
  restart: '/api/fleet/{kind}/{id}/restart',
  rotate: '/api/fleet/{kind}/{id}/rotate-token',
} as const;
const told = { start: words.started, stop: words.stopped, restart: words.restarted, rotate: words.rotated } as const;
const questions = {
  stop: { title: words.stopTitle, hint: words.stopHint, confirm: text.actions.stop },
  restart: { title: words.restartTitle, hint: words.restartHint, confirm: text.actions.restart },
  rotate: { title: words.rotateTitle, hint: words.rotateHint, confirm: text.actions.rotateToken },
} as const;

type Deed = keyof typeof paths;

export interface AgentDeeds {
  canStart: boolean;
  canStop: boolean;
  canRestart: boolean;
  canRotate: boolean;
  canRemove: boolean;
  pending: boolean;
  start: () => void;
  stop: () => void;
  restart: () => void;
  rotate: () => void;
  remove: () => void;
  dialogs: ReactNode;
}

export function useAgentDeeds(agent: FleetAgent, title: string, onRemoved?: () => void): AgentDeeds {
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState<keyof typeof questions | 'remove' | null>(null);
  const act = useMutation({
    mutationFn: (deed: Deed) => body(api.POST(paths[deed], { params: { path: { kind: agent.kind, id: agent.id ?? '' } } })),
    onSuccess: (_, deed) => {
      setAsking(null);
      notifyDone(told[deed](title));
      void queryClient.invalidateQueries({ queryKey: keys.fleet });
    },
    onError: (error, deed) => {
      if (deed === 'start') notifyProblem(error);
    },
  });
  const ask = (what: typeof asking) => () => {
    act.reset();
    setAsking(what);
  };
  const close = () => setAsking(null);
  const switchedOff = agent.kind === 'system' && agent.isActive === false;
  const confirming = asking === 'remove' ? null : asking;
  return {
    canStart: !agent.deleting && !switchedOff && (agent.desiredState === 'stopped' || isAsleep(agent) || agent.phase === 'failed'),
    canStop: !agent.deleting && agent.desiredState !== 'stopped',
    canRestart: !agent.deleting && !isAsleep(agent),
    canRotate: !agent.deleting,
    canRemove: !agent.deleting,
    pending: act.isPending,
    start: () => act.mutate('start'),
    stop: ask('stop'),
    restart: ask('restart'),
    rotate: ask('rotate'),
    remove: ask('remove'),
    dialogs: (
      <>
        <ConfirmDialog
          opened={confirming !== null}
          title={confirming ? questions[confirming].title(title) : ''}
          confirmLabel={confirming ? questions[confirming].confirm : ''}
          pending={act.isPending}
          error={act.error}
          onConfirm={() => confirming && act.mutate(confirming)}
          onClose={close}
        >
          {confirming && questions[confirming].hint}
        </ConfirmDialog>
        {asking === 'remove' && (
          <RemovalDialog
            agent={agent}
            title={title}
            onClose={close}
            onRemoved={() => {
              close();
              void queryClient.invalidateQueries({ queryKey: keys.fleet });
              onRemoved?.();
            }}
          />
        )}
      </>
    ),
  };
}
