// The fields of the identity provider, with its test (admins only: it asks as a signed-in admin).
import { Accordion, Alert, Button, Code, Group, Stack, Switch, Text, TextInput } from '@mantine/core';
import { IconCheck, IconPlugConnected, IconX } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';

import { api, body } from '../../api/client';
import { fieldError, SecretInput } from '../../components/fields';
import { ProblemAlert } from '../../components/problem-alert';
import { text } from '../../text';
import type { OidcDraft } from './oidc-draft';

const words = text.settings.oidcForm;

interface OidcFieldsProps {
  draft: OidcDraft;
  onChange: (draft: OidcDraft) => void;
  hasSecret: boolean;
  error?: unknown;
}

export function OidcFields({ draft, onChange, hasSecret, error }: OidcFieldsProps) {
  const set = (change: Partial<OidcDraft>) => onChange({ ...draft, ...change });
  const input = (field: Exclude<keyof OidcDraft, 'privateAddresses'>, description?: string, required = false) => (
    <TextInput
      label={words[field]}
      description={description}
      required={required}
      value={draft[field]}
      onChange={(event) => set({ [field]: event.currentTarget.value })}
      spellCheck={false}
      error={fieldError(error, field)}
    />
  );
  return (
    <Stack>
      {input('issuerUrl', words.issuerHint, true)}
      <Switch label={words.privateAddresses} checked={draft.privateAddresses} onChange={(event) => set({ privateAddresses: event.currentTarget.checked })} />
      <IssuerTest draft={draft} />
      {input('clientId', undefined, true)}
      <SecretInput
        label={words.clientSecret}
        description={hasSecret ? words.clientSecretStored : words.clientSecretHint}
        value={draft.clientSecret}
        onChange={(event) => set({ clientSecret: event.currentTarget.value })}
        autoComplete="off"
        error={fieldError(error, 'clientSecret')}
      />
      {input('label')}
      <Text size="sm">
        {words.callback} <Code style={{ overflowWrap: 'anywhere' }}>{`${window.location.origin}/api/auth/oidc/callback`}</Code>
      </Text>
      <Accordion variant="contained">
        <Accordion.Item value="more">
          <Accordion.Control>{words.more}</Accordion.Control>
          <Accordion.Panel>
            <Stack>
              {input('scopes')}
              {input('roleClaim', words.roleClaimHint)}
              {input('adminValue')}
              {input('userValue')}
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  );
}

function IssuerTest({ draft }: { draft: OidcDraft }) {
  const test = useMutation({
    mutationFn: () =>
      body(api.POST('/api/settings/oidc/test', { body: { issuerUrl: draft.issuerUrl.trim(), privateAddresses: draft.privateAddresses } })),
  });
  return (
    <>
      <Group>
        <Button
          variant="default"
          leftSection={<IconPlugConnected size={16} aria-hidden />}
          loading={test.isPending}
          disabled={draft.issuerUrl.trim() === ''}
          onClick={() => test.mutate()}
        >
          {text.actions.test}
        </Button>
      </Group>
      <div aria-live="polite">
        {test.isError && <ProblemAlert error={test.error} />}
        {test.data && (
          <Alert color={test.data.ok ? 'teal' : 'red'} icon={test.data.ok ? <IconCheck aria-hidden /> : <IconX aria-hidden />} title={words.outcomes[test.data.outcome]}>
            {test.data.remedy}
          </Alert>
        )}
      </div>
    </>
  );
}
