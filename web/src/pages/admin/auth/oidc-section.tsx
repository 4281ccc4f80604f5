import { Alert, Badge, Button, Group, Stack, Switch } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { api, body, type Schemas } from '../../../api/client';
import { keys } from '../../../api/queries';
import { ConfirmDialog } from '../../../components/confirm-dialog';
import { notifyDone } from '../../../components/notify';
import { ProblemAlert } from '../../../components/problem-alert';
import { QueryView } from '../../../components/query-view';
import { Section } from '../../../components/section';
import { text } from '../../../text';
import { oidcDraftOf, oidcInputOf } from '../../oidc/oidc-draft';
import { OidcFields } from '../../oidc/oidc-fields';

const words = text.admin.auth;
type Oidc = Schemas['Oidc'];

export function OidcSection() {
  const oidc = useQuery({ queryKey: keys.oidc, queryFn: () => body(api.GET('/api/settings/oidc')), refetchOnWindowFocus: false });
  return (
    <Section title={words.oidc} description={words.oidcHint} actions={oidc.data && <State oidc={oidc.data} />}>
      <QueryView query={oidc} what={words.oidcWhat}>
        {(present) => <OidcForm key={JSON.stringify(present)} present={present} />}
      </QueryView>
    </Section>
  );
}

function State({ oidc }: { oidc: Oidc }) {
  const [color, said] = !oidc.configured ? ['gray.5', words.notConfigured] : oidc.enabled ? ['teal', words.configured] : ['orange', words.disabled];
  return (
    <Badge variant="dot" color={color} tt="none">
      {said}
    </Badge>
  );
}

function OidcForm({ present }: { present: Oidc }) {
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState(() => oidcDraftOf(present));
  const [enabled, setEnabled] = useState(present.configured ? present.enabled : true);
  const [removing, setRemoving] = useState(false);
  const take = (after: Oidc, message: string) => {
    queryClient.setQueryData(keys.oidc, after);
    void queryClient.invalidateQueries({ queryKey: keys.signInMethods });
    notifyDone(message);
  };
  const save = useMutation({
    mutationFn: () => body(api.PUT('/api/settings/oidc', { body: { ...oidcInputOf(draft), enabled } })),
    onSuccess: (after) => take(after, words.saved),
  });
  const remove = useMutation({
    mutationFn: () => body(api.DELETE('/api/settings/oidc')),
    onSuccess: (after) => {
      setRemoving(false);
      take(after, words.removed);
    },
  });
  const complete = draft.issuerUrl.trim() !== '' && draft.clientId.trim() !== '';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (complete) save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {present.secretUnreadable && <Alert color="red" title={words.unreadable} />}
        <Switch label={words.enabled} checked={enabled} onChange={(event) => setEnabled(event.currentTarget.checked)} />
        <OidcFields draft={draft} onChange={setDraft} hasSecret={present.hasSecret} error={save.error} />
        {save.isError && <ProblemAlert error={save.error} />}
        <Group>
          <Button type="submit" disabled={!complete} loading={save.isPending}>
            {text.actions.save}
          </Button>
          {present.configured && (
            <Button variant="default" c="var(--mantine-color-error)" onClick={() => setRemoving(true)}>
              {words.remove}
            </Button>
          )}
        </Group>
      </Stack>
      <ConfirmDialog
        opened={removing}
        title={words.removeTitle}
        confirmLabel={words.remove}
        danger
        pending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={() => setRemoving(false)}
      >
        {words.removeHint}
      </ConfirmDialog>
    </form>
  );
}
