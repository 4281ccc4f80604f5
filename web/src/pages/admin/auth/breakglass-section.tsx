import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { api, body, type Schemas } from '../../../api/client';
import { problemFrom } from '../../../api/problem';
import { keys } from '../../../api/queries';
import { fieldError, SecretInput } from '../../../components/fields';
import { notifyDone } from '../../../components/notify';
import { ProblemAlert } from '../../../components/problem-alert';
import { QueryView } from '../../../components/query-view';
import { type Column, RecordTable } from '../../../components/record-table';
import { Section } from '../../../components/section';
import { TimeAgo } from '../../../components/time-ago';
import { text } from '../../../text';

const words = text.admin.auth;
const pageSize = 200;
type Account = Schemas['Account'];

// Few among many: all pages are looked through.
async function readBreakglass(): Promise<Account[]> {
  const found: Account[] = [];
  let after: string | undefined;
  do {
    const page = await body(api.GET('/api/users', { params: { query: { limit: pageSize, after } } }));
    found.push(...page.items.filter(({ source }) => source === 'breakglass'));
    after = page.next ?? undefined;
  } while (after !== undefined);
  return found;
}

export function BreakglassSection() {
  const [resetting, setResetting] = useState<Account | null>(null);
  const people = useQuery({ queryKey: [...keys.users, 'breakglass'], queryFn: readBreakglass });
  const columns: Column<Account>[] = [
    { id: 'name', label: words.columns.name, cell: ({ name }) => <b>{name}</b> },
    {
      id: 'lastSignIn',
      label: words.columns.lastSignIn,
      cell: ({ lastSignInAt }) => (lastSignInAt ? <TimeAgo iso={lastSignInAt} /> : text.admin.agentWords.never),
    },
    {
      id: 'actions',
      label: words.columns.actions,
      hidden: true,
      actions: true,
      cell: (account) => (
        <Button size="compact-sm" variant="light" onClick={() => setResetting(account)} aria-label={words.resetFor(account.name)}>
          {words.reset}
        </Button>
      ),
    },
  ];
  return (
    <Section title={words.breakglass} description={words.breakglassHint}>
      <QueryView query={people} what={words.breakglassWhat} isEmpty={(list) => list.length === 0} empty={<Text c="dimmed">{words.none}</Text>}>
        {(list) => <RecordTable label={words.table} columns={columns} rows={list} rowKey={({ id }) => id} />}
      </QueryView>
      {resetting && <ResetDialog name={resetting.name} onClose={() => setResetting(null)} />}
    </Section>
  );
}

function ResetDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const [password, setPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const reset = useMutation({
    mutationFn: async () => {
      const params = { path: { username: name } };
      const { error, response } = await api.POST('/api/settings/breakglass/{username}/password', { params, body: { password } });
      if (!response.ok) throw problemFrom(error, response);
    },
    onSuccess: () => {
      notifyDone(words.resetDone(name));
      onClose();
    },
  });
  const complete = password !== '' && repeated === password;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (complete) reset.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={words.resetFor(name)} closeButtonProps={{ 'aria-label': text.actions.close }}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{words.resetHint}</Text>
          <SecretInput
            label={words.password}
            description={words.passwordHint}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            autoComplete="new-password"
            required
            error={fieldError(reset.error, 'password')}
            data-autofocus
          />
          <SecretInput
            label={words.repeat}
            value={repeated}
            onChange={(event) => setRepeated(event.currentTarget.value)}
            autoComplete="new-password"
            required
            error={repeated !== '' && repeated !== password ? words.mismatch : undefined}
          />
          {reset.isError && <ProblemAlert error={reset.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text.actions.cancel}
            </Button>
            <Button type="submit" disabled={!complete} loading={reset.isPending}>
              {text.actions.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
