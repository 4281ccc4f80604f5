// Makes a system agent, or edits one. An edit shows first what it restarts; a new one restarts nothing.
import { Button, Group, Modal, Stack } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { api, body } from '../../../api/client';
import { affectsOf, dryRun } from '../../../api/dry-run';
import { keys } from '../../../api/queries';
import { ConfirmChange } from '../../../components/confirm-change';
import { notifyDone, notifyEffects } from '../../../components/notify';
import { ProblemAlert } from '../../../components/problem-alert';
import { QueryView } from '../../../components/query-view';
import { text } from '../../../text';
import type { AgentInFull } from '../agent/agent-page';
import { type DefaultAgent, draftOfAgent, draftOfDefault, inputOf, isComplete, type SystemAgentDraft } from './system-agent-draft';
import { type SystemAgentChoices, SystemAgentFields } from './system-agent-fields';

const words = text.admin.systemAgents;

interface EditorProps {
  onClose: () => void;
  onSaved: () => void;
}

const useLimits = () => useQuery({ queryKey: keys.limits, queryFn: () => body(api.GET('/api/settings/limits')), staleTime: 60_000 });

export function NewSystemAgent({ from, choices, onClose, onSaved }: EditorProps & { from: DefaultAgent | null; choices: SystemAgentChoices }) {
  const [draft, setDraft] = useState(() => draftOfDefault(from, choices.models));
  const limits = useLimits();
  const create = useMutation({
    mutationFn: () => body(api.POST('/api/system-agents', { body: { name: draft.name.trim(), ...inputOf(draft) } })),
    onSuccess: () => {
      notifyDone(words.created(draft.name.trim()));
      onSaved();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isComplete(draft)) create.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={words.createTitle} closeButtonProps={{ 'aria-label': text.actions.close }}>
      <form onSubmit={submit}>
        <Stack>
          <SystemAgentFields draft={draft} onChange={setDraft} choices={choices} limits={limits.data} isNew error={create.error} />
          {create.isError && <ProblemAlert error={create.error} />}
          <Buttons onClose={onClose} label={words.create} disabled={!isComplete(draft)} pending={create.isPending} />
        </Stack>
      </form>
    </Modal>
  );
}

export function EditSystemAgent({ id, name, choices, onClose, onSaved }: EditorProps & { id: string; name: string; choices: SystemAgentChoices }) {
  const path = { kind: 'system', id } as const;
  // As it is now, not as the list remembers it: an edit replaces all of it.
  const agent = useQuery({
    queryKey: [...keys.fleetAgent('system', id), 'edit'],
    queryFn: async () => (await body(api.GET('/api/fleet/{kind}/{id}', { params: { path } }))) as AgentInFull,
    staleTime: Infinity,
    gcTime: 0,
  });
  return (
    <Modal opened onClose={onClose} title={words.editTitle(name)} closeButtonProps={{ 'aria-label': text.actions.close }}>
      <QueryView query={agent} what={text.admin.agent.what}>
        {(present) => <EditForm present={present} choices={choices} onClose={onClose} onSaved={onSaved} />}
      </QueryView>
    </Modal>
  );
}

function EditForm({ present, choices, onClose, onSaved }: EditorProps & { present: AgentInFull; choices: SystemAgentChoices }) {
  const [draft, setDraft] = useState<SystemAgentDraft>(() => draftOfAgent(present));
  const [confirming, setConfirming] = useState(false);
  const limits = useLimits();
  const path = { id: present.id ?? '' };
  const send = (dry: boolean) =>
    body(
      api.PUT('/api/system-agents/{id}', {
        params: dry ? { path, ...dryRun } : { path, header: { 'If-Match': `"${present.generation}"` } },
        body: inputOf(draft),
      }),
    );
  const check = useMutation({ mutationFn: () => send(true), onSuccess: () => setConfirming(true) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isComplete(draft)) check.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <SystemAgentFields draft={draft} onChange={setDraft} choices={choices} limits={limits.data} isNew={false} error={check.error} />
        {check.isError && <ProblemAlert error={check.error} />}
        <Buttons onClose={onClose} label={text.actions.save} disabled={!isComplete(draft)} pending={check.isPending} />
      </Stack>
      <ConfirmChange
        opened={confirming}
        title={words.saveTitle(present.name)}
        preview={async () => affectsOf(await send(true))}
        apply={async () => notifyEffects(affectsOf(await send(false)))}
        onDone={onSaved}
        onClose={() => setConfirming(false)}
      />
    </form>
  );
}

function Buttons({ onClose, label, disabled, pending }: { onClose: () => void; label: string; disabled: boolean; pending: boolean }) {
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onClose}>
        {text.actions.cancel}
      </Button>
      <Button type="submit" disabled={disabled} loading={pending}>
        {label}
      </Button>
    </Group>
  );
}
