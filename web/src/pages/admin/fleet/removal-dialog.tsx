// Deletes an agent. To purge what it kept one has to type whose it is, as the server wants to be told.
import { Button, Group, Modal, Radio, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { api, body } from '../../../api/client';
import { notifyDone } from '../../../components/notify';
import { ProblemAlert } from '../../../components/problem-alert';
import { text } from '../../../text';
import type { FleetAgent } from '../agent-words';

const words = text.admin.removal;

interface RemovalDialogProps {
  agent: FleetAgent;
  title: string; // what people call it
  onClose: () => void;
  onRemoved: () => void;
}

export function RemovalDialog({ agent, title, onClose, onRemoved }: RemovalDialogProps) {
  const [choice, setChoice] = useState<'keep' | 'purge'>('keep');
  const [typed, setTyped] = useState('');
  const purge = choice === 'purge';
  const remove = useMutation({
    mutationFn: () =>
      body(
        api.DELETE('/api/fleet/{kind}/{id}', {
          params: { path: { kind: agent.kind, id: agent.id ?? '' }, query: purge ? { purge } : {} },
          body: purge ? { confirm: typed } : {},
        }),
      ),
    onSuccess: () => {
      notifyDone(purge ? words.purging(title) : words.done(title));
      onRemoved();
    },
  });
  const ready = !purge || typed === agent.owner;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) remove.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={words.title(title)} closeButtonProps={{ 'aria-label': text.actions.close }}>
      <form onSubmit={submit}>
        <Stack>
          <Radio.Group label={words.choice} value={choice} onChange={(value) => setChoice(value as 'keep' | 'purge')}>
            <Stack gap="sm" mt="xs">
              <Radio value="keep" label={words.keep} description={words.keepHint} />
              <Radio value="purge" label={words.purge} description={words.purgeHint} />
            </Stack>
          </Radio.Group>
          {purge && (
            <TextInput
              label={words.typed(agent.owner)}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
            />
          )}
          {remove.isError && <ProblemAlert error={remove.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text.actions.cancel}
            </Button>
            <Button type="submit" color="red" disabled={!ready} loading={remove.isPending}>
              {purge ? words.confirmPurge : words.confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
