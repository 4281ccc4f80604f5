// Adding or editing a provider: fields with a live test, then what saving would restart, then the save.
import { Button, Group, Modal, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';

import { api, body } from '../../api/client';
import { affectsOf, dryRun } from '../../api/dry-run';
import { ConfirmChange } from '../../components/confirm-change';
import { notifyEffects } from '../../components/notify';
import { text } from '../../text';
import { connectionOf, draftOf, emptyDraft, inputOf, needsBaseUrl, type Provider, voidsKey } from '../providers/provider-draft';
import { ProviderFields } from '../providers/provider-fields';

const words = text.settings.providers;

interface ProviderEditorProps {
  present?: Provider;
  ownerId: string;
  onClose: () => void;
  onSaved: () => void;
}

export function ProviderEditor({ present, ownerId, onClose, onSaved }: ProviderEditorProps) {
  const [draft, setDraft] = useState(() => (present ? draftOf(present) : emptyDraft()));
  const [confirming, setConfirming] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const input = () => inputOf(draft, present);
  const edit = { 'If-Match': `"${present?.generation ?? 0}"` };
  const send = (dry: boolean) => {
    const query = dry ? dryRun : {};
    return present
      ? body(api.PUT('/api/providers/{id}', { params: { path: { id: present.id }, header: edit, ...query }, body: input() }))
      : body(api.POST('/api/providers', { params: query, body: input() }));
  };
  const remembering = async <T,>(answer: Promise<T>): Promise<T> => {
    setError(null);
    return answer.catch((failure: unknown) => {
      setError(failure); // the fields say what is wrong with them
      throw failure;
    });
  };
  // The stored key is asked with, unless it would not count any more.
  const storedKeyCounts = present !== undefined && draft.apiKey === '' && !voidsKey(draft, present);
  const test = () =>
    storedKeyCounts
      ? body(api.POST('/api/providers/{id}/test', { params: { path: { id: present.id } } }))
      : body(api.POST('/api/providers/test', { body: connectionOf(draft) }));
  const complete = draft.displayName.trim() !== '' && (!needsBaseUrl(draft.type) || draft.baseUrl.trim() !== '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setConfirming(true);
  };
  return (
    <>
      <Modal
        opened={!confirming}
        onClose={onClose}
        title={present ? words.editTitle(present.displayName) : words.addTitle}
        size="lg"
        closeButtonProps={{ 'aria-label': text.actions.close }}
      >
        <form onSubmit={submit}>
          <Stack>
            <ProviderFields draft={draft} onChange={setDraft} present={present} error={error} test={test} />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {text.actions.cancel}
              </Button>
              <Button type="submit" disabled={!complete}>
                {text.actions.save}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
      <ConfirmChange
        opened={confirming}
        title={words.saveTitle}
        ownerId={ownerId}
        preview={async () => affectsOf(await remembering(send(true)))}
        apply={async () => notifyEffects(affectsOf(await remembering(send(false))))}
        onDone={onSaved}
        onClose={() => setConfirming(false)}
      />
    </>
  );
}
