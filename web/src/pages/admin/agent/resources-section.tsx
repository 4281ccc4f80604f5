// What an agent may use: its own limits, or the fleet's. Saving shows first whether it restarts.
import { Button, Group, NumberInput, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { api, body, type Schemas } from '../../../api/client';
import { affectsOf, dryRun } from '../../../api/dry-run';
import { keys } from '../../../api/queries';
import { AgentResourceFields, type AgentResources } from '../../../components/agent-resource-fields';
import { ConfirmChange } from '../../../components/confirm-change';
import { notifyEffects } from '../../../components/notify';
import { Section } from '../../../components/section';
import { text } from '../../../text';
import { withTitles } from '../agent-words';
import { useAccountNames } from '../use-account-names';
import type { AgentInFull } from './agent-page';
import classes from './agent-page.module.css';

const words = text.admin.agent;
type Limits = Schemas['Limits'];

interface ResourcesDraft extends AgentResources {
  idleTimeoutMin: number | string;
}

function draftOf(agent: AgentInFull): ResourcesDraft {
  return { memoryMb: agent.memoryMb ?? '', cpuMilli: agent.cpuMilli ?? '', image: agent.image ?? '', idleTimeoutMin: agent.idleTimeoutMin };
}

const orNull = (value: number | string) => (value === '' ? null : Number(value));

// Only what differs is sent.
export function changeOf(agent: AgentInFull, draft: ResourcesDraft) {
  const image = draft.image.trim() || null;
  return {
    ...(orNull(draft.memoryMb) === (agent.memoryMb ?? null) ? {} : { memoryMb: orNull(draft.memoryMb) }),
    ...(orNull(draft.cpuMilli) === (agent.cpuMilli ?? null) ? {} : { cpuMilli: orNull(draft.cpuMilli) }),
    ...(image === (agent.image ?? null) ? {} : { image }),
    ...(orNull(draft.idleTimeoutMin) === agent.idleTimeoutMin ? {} : { idleTimeoutMin: orNull(draft.idleTimeoutMin) }),
  };
}

export function ResourcesSection({ agent, limits }: { agent: AgentInFull; limits: Limits | undefined }) {
  const queryClient = useQueryClient();
  const names = useAccountNames();
  const [draft, setDraft] = useState(() => draftOf(agent));
  const [confirming, setConfirming] = useState(false);
  const set = (change: Partial<ResourcesDraft>) => setDraft({ ...draft, ...change });
  const change = changeOf(agent, draft);
  const changed = Object.keys(change).length > 0;
  const path = { kind: agent.kind, id: agent.id ?? '' };
  const send = (dry: boolean) =>
    body(api.PATCH('/api/fleet/{kind}/{id}', { params: dry ? { path, ...dryRun } : { path, header: { 'If-Match': `"${agent.generation}"` } }, body: change }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed) setConfirming(true);
  };
  const { effective } = agent;
  return (
    <Section title={words.resources} description={words.resourcesHint}>
      <Text size="sm">
        {words.effective}: {text.admin.agentWords.memory(effective.memoryMb)} · {text.admin.agentWords.cpu(effective.cpuMilli)} · {effective.pids} {words.pids.toLowerCase()}
        <br />
        <Text size="xs" c="dimmed" component="span" style={{ overflowWrap: 'anywhere' }}>
          {effective.image}
        </Text>
      </Text>
      <form onSubmit={submit}>
        <div className={classes.form}>
          <AgentResourceFields draft={draft} onChange={set} limits={limits} imageClassName={classes.whole} />
          {agent.kind === 'user' && (
            <NumberInput
              label={words.idle}
              value={draft.idleTimeoutMin}
              onChange={(idleTimeoutMin) => set({ idleTimeoutMin })}
              min={1}
              max={525_600}
              allowDecimal={false}
              required
              withAsterisk={false}
            />
          )}
        </div>
        <Group mt="md">
          <Button type="submit" disabled={!changed || draft.idleTimeoutMin === ''}>
            {text.actions.save}
          </Button>
          {changed && (
            <Button variant="default" onClick={() => setDraft(draftOf(agent))}>
              {text.admin.limits.discard}
            </Button>
          )}
        </Group>
      </form>
      <ConfirmChange
        opened={confirming}
        title={words.saveTitle}
        preview={async () => withTitles(affectsOf(await send(true)), names)}
        apply={async () => notifyEffects(affectsOf(await send(false)))}
        onDone={() => {
          setConfirming(false);
          void queryClient.invalidateQueries({ queryKey: keys.fleet });
        }}
        onClose={() => setConfirming(false)}
      />
    </Section>
  );
}
