// Making an API token. Its text is shown once, here; it is kept nowhere else and forgotten when the dialog closes.
import { Alert, Button, Checkbox, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { api, body, type Schemas } from '../../api/client';
import { useAccount } from '../../api/session';
import { CopyText } from '../../components/copy-text';
import { fieldError } from '../../components/fields';
import { ProblemAlert } from '../../components/problem-alert';
import { text } from '../../text';

const words = text.settings.tokens;
type Scope = Schemas['Scope'];

interface NewTokenDialogProps {
  opened: boolean;
  onClose: () => void;
  onMade: () => void;
}

export function NewTokenDialog({ opened, onClose, onMade }: NewTokenDialogProps) {
  const [made, setMade] = useState<string | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={made ? words.made : words.add} closeButtonProps={{ 'aria-label': text.actions.close }}>
      {made ? (
        <Made token={made} onClose={close} />
      ) : (
        <TokenForm
          onCancel={close}
          onMade={(token) => {
            setMade(token);
            onMade();
          }}
        />
      )}
    </Modal>
  );
}

function TokenForm({ onCancel, onMade }: { onCancel: () => void; onMade: (token: string) => void }) {
  const account = useAccount();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>(['chat']);
  const [expiry, setExpiry] = useState('90');
  const make = useMutation({
    mutationFn: () =>
      body(api.POST('/api/account/tokens', { body: { name: name.trim(), scopes: scopes as Scope[], expiresInDays: expiry === 'never' ? null : Number(expiry) } })),
    onSuccess: (token) => onMade(token.token),
  });
  const offered: Scope[] = account.role === 'admin' ? ['chat', 'read', 'write', 'admin'] : ['chat', 'read', 'write'];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={words.name}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={100}
          required
          data-autofocus
          error={fieldError(make.error, 'name')}
        />
        <Checkbox.Group label={words.scopes} value={scopes} onChange={setScopes} error={fieldError(make.error, 'scopes')}>
          <Stack gap="xs" mt="xs">
            {offered.map((scope) => (
              <Checkbox key={scope} value={scope} label={words.scope[scope]} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Select
          label={words.expires}
          data={Object.entries(words.expiry).map(([value, label]) => ({ value, label }))}
          value={expiry}
          onChange={(value) => value && setExpiry(value)}
          allowDeselect={false}
        />
        {make.isError && <ProblemAlert error={make.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {text.actions.cancel}
          </Button>
          <Button type="submit" loading={make.isPending} disabled={name.trim() === '' || scopes.length === 0}>
            {words.add}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Made({ token, onClose }: { token: string; onClose: () => void }) {
  const example = `curl ${window.location.origin}/v1/models \\\n  --header "Authorization: Bearer $MOSAIC_TOKEN"`;
  return (
    <Stack>
      <Alert color="yellow" title={words.shownOnce} />
      <CopyText value={token} label={words.made} />
      <Text size="sm">{words.example}</Text>
      <CopyText value={example} label={words.example} />
      <Group justify="flex-end">
        <Button onClick={onClose}>{text.actions.close}</Button>
      </Group>
    </Stack>
  );
}
