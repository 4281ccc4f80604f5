import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';

import { api } from '../../api/client';
import { problemFrom } from '../../api/problem';
import { useAccount } from '../../api/session';
import { ConfirmDialog } from '../../components/confirm-dialog';
import { FactList } from '../../components/fact-list';
import { fieldError, SecretInput } from '../../components/fields';
import { notifyDone } from '../../components/notify';
import { Page } from '../../components/page';
import { ProblemAlert } from '../../components/problem-alert';
import { text } from '../../text';

const words = text.settings.account;

export function AccountPage() {
  const account = useAccount();
  return (
    <Page title={words.title} description={words.description}>
      <Paper withBorder p="lg">
        <FactList
          facts={[
            [words.name, account.name],
            ...(account.email ? [[words.email, account.email] as [string, string]] : []),
            [words.role, words.roles[account.role]],
            [words.source, words.sources[account.source]],
          ]}
        />
      </Paper>
      {account.source === 'breakglass' && <PasswordCard />}
      <SessionsCard />
    </Page>
  );
}

const noPasswords = { old: '', next: '', repeated: '' };

function PasswordCard() {
  const [draft, setDraft] = useState(noPasswords);
  const change = useMutation({
    mutationFn: async () => {
      const { error, response } = await api.POST('/api/account/password', { body: { oldPassword: draft.old, newPassword: draft.next } });
      if (!response.ok) throw problemFrom(error, response);
    },
    onSuccess: () => {
      setDraft(noPasswords);
      notifyDone(words.changed);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  const mismatch = draft.repeated !== '' && draft.repeated !== draft.next;
  return (
    <Paper withBorder p="lg">
      <form onSubmit={submit}>
        <Stack>
          <div>
            <Title order={2} size="h4">
              {words.password}
            </Title>
            <Text size="sm" c="dimmed">
              {words.passwordHint}
            </Text>
          </div>
          <SecretInput
            label={words.oldPassword}
            value={draft.old}
            onChange={(event) => setDraft({ ...draft, old: event.currentTarget.value })}
            autoComplete="current-password"
            required
            error={fieldError(change.error, 'oldPassword')}
          />
          <SecretInput
            label={words.newPassword}
            description={text.onboarding.breakglass.passwordHint}
            value={draft.next}
            onChange={(event) => setDraft({ ...draft, next: event.currentTarget.value })}
            autoComplete="new-password"
            required
            error={fieldError(change.error, 'newPassword')}
          />
          <SecretInput
            label={words.repeat}
            value={draft.repeated}
            onChange={(event) => setDraft({ ...draft, repeated: event.currentTarget.value })}
            autoComplete="new-password"
            required
            error={mismatch ? words.mismatch : undefined}
          />
          {change.isError && <ProblemAlert error={change.error} />}
          <Group justify="flex-end">
            <Button type="submit" loading={change.isPending} disabled={draft.old === '' || draft.next === '' || draft.repeated !== draft.next}>
              {words.password}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}

function SessionsCard() {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const end = useMutation({
    mutationFn: async () => {
      const { error, response } = await api.DELETE('/api/account/sessions');
      if (!response.ok) throw problemFrom(error, response);
    },
    onSuccess: () => {
      queryClient.clear();
      void navigate('/sign-in');
    },
  });
  return (
    <Paper withBorder p="lg">
      <Group justify="space-between">
        <div>
          <Title order={2} size="h4">
            {words.sessions}
          </Title>
          <Text size="sm" c="dimmed">
            {words.sessionsHint}
          </Text>
        </div>
        <Button variant="default" color="red" onClick={() => setAsking(true)}>
          {words.everywhere}
        </Button>
      </Group>
      <ConfirmDialog
        opened={asking}
        title={words.everywhereTitle}
        confirmLabel={words.everywhere}
        danger
        pending={end.isPending}
        error={end.error}
        onConfirm={() => end.mutate()}
        onClose={() => setAsking(false)}
      >
        {words.sessionsHint}
      </ConfirmDialog>
    </Paper>
  );
}
