// The fields of a provider, with its live connection test; what the test lists can be chosen as models.
import { Alert, Button, Group, Select, Stack, Switch, TagsInput, TextInput } from '@mantine/core';
import { IconCheck, IconPlugConnected, IconX } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';

import type { Schemas } from '../../api/client';
import { fieldError, SecretInput } from '../../components/fields';
import { ProblemAlert } from '../../components/problem-alert';
import { text } from '../../text';
import { apiTypes, needsBaseUrl, type Provider, type ProviderDraft, type ProviderType, providerTypes, voidsKey } from './provider-draft';

export type ProviderTestResult = {
  outcome: keyof typeof text.settings.providerForm.test.outcomes;
  ok: boolean;
  remedy: string | null;
  models: Schemas['ListedModel'][];
};

interface ProviderFieldsProps {
  draft: ProviderDraft;
  onChange: (draft: ProviderDraft) => void;
  present?: Provider; // what is being edited
  error?: unknown; // of the last save
  test: () => Promise<ProviderTestResult>;
}

const words = text.settings.providerForm;
const largestList = 500;

export function ProviderFields({ draft, onChange, present, error, test }: ProviderFieldsProps) {
  const testing = useMutation({
    mutationFn: test,
    onSuccess: (result) => {
      const [only] = result.models;
      if (draft.models.length === 0 && result.models.length === 1 && only) onChange({ ...draft, models: [only.id] });
    },
  });
  const set = (change: Partial<ProviderDraft>) => {
    const connection = 'type' in change || 'baseUrl' in change || 'apiKey' in change || 'apiType' in change;
    if (connection) testing.reset();
    onChange({ ...draft, ...change });
  };
  const choose = (type: ProviderType) => {
    const named = Object.values<string>(words.types).includes(draft.displayName) || draft.displayName === '';
    set({ type, ...(named ? { displayName: type === 'custom' ? '' : words.types[type] } : {}) });
  };
  const keyHint = present?.hasKey ? (voidsKey(draft, present) ? words.keyVoided : words.apiKeyStored) : needsBaseUrl(draft.type) ? words.apiKeyOptional : undefined;
  const listed = testing.data?.models.map((model) => model.id) ?? [];
  return (
    <Stack>
      <Select
        label={words.type}
        data={providerTypes.map((value) => ({ value, label: words.types[value] }))}
        value={draft.type}
        onChange={(value) => value && choose(value as ProviderType)}
        allowDeselect={false}
        error={fieldError(error, 'type')}
      />
      <TextInput
        label={words.name}
        description={words.nameHint}
        value={draft.displayName}
        onChange={(event) => set({ displayName: event.currentTarget.value })}
        maxLength={128}
        required
        error={fieldError(error, 'displayName', 'name')}
      />
      <TextInput
        label={words.baseUrl}
        description={needsBaseUrl(draft.type) ? words.baseUrlHint[draft.type as 'ollama' | 'custom'] : words.baseUrlHint.optional}
        value={draft.baseUrl}
        onChange={(event) => set({ baseUrl: event.currentTarget.value })}
        required={needsBaseUrl(draft.type)}
        type="url"
        spellCheck={false}
        error={fieldError(error, 'baseUrl')}
      />
      {draft.type === 'custom' && (
        <Select
          label={words.apiType}
          data={apiTypes}
          value={draft.apiType || 'openai-completions'}
          onChange={(value) => set({ apiType: value as ProviderDraft['apiType'] })}
          allowDeselect={false}
          error={fieldError(error, 'apiType')}
        />
      )}
      <SecretInput
        label={words.apiKey}
        description={keyHint}
        value={draft.apiKey}
        onChange={(event) => set({ apiKey: event.currentTarget.value })}
        autoComplete="off"
        error={fieldError(error, 'apiKey')}
      />
      <Group>
        <Button variant="default" leftSection={<IconPlugConnected size={16} aria-hidden />} loading={testing.isPending} onClick={() => testing.mutate()}>
          {text.actions.test}
        </Button>
      </Group>
      <div aria-live="polite">
        {testing.isError && <ProblemAlert error={testing.error} />}
        {testing.data && <TestOutcome result={testing.data} />}
      </div>
      <TagsInput
        label={words.models}
        description={words.modelsHint}
        data={listed.slice(0, largestList)}
        value={draft.models}
        onChange={(models) => set({ models })}
        limit={100}
        maxDropdownHeight={240}
        splitChars={[',', ' ']}
        clearable={false}
        error={fieldError(error, 'models')}
      />
      {present && <Switch label={words.active} checked={draft.isActive} onChange={(event) => set({ isActive: event.currentTarget.checked })} />}
    </Stack>
  );
}

function TestOutcome({ result }: { result: ProviderTestResult }) {
  if (result.ok)
    return (
      <Alert color="teal" icon={<IconCheck aria-hidden />} title={words.test.ok(result.models.length)} data-testid="test-ok" />
    );
  return (
    <Alert color="red" icon={<IconX aria-hidden />} title={words.test.outcomes[result.outcome]}>
      {result.remedy}
    </Alert>
  );
}
