import { Alert, Anchor, Select, Stack, Switch, TextInput } from '@mantine/core';
import { Link } from 'react-router';

import type { Schemas } from '../../../api/client';
import { AgentResourceFields } from '../../../components/agent-resource-fields';
import { fieldError } from '../../../components/fields';
import { text } from '../../../text';
import type { SystemAgentDraft } from './system-agent-draft';

const words = text.admin.systemAgents;

export interface SystemAgentChoices {
  agents: Schemas['DefaultAgent'][];
  providers: { id: string; name: string }[];
  models: string[];
}

interface SystemAgentFieldsProps {
  draft: SystemAgentDraft;
  onChange: (draft: SystemAgentDraft) => void;
  choices: SystemAgentChoices;
  limits: Schemas['Limits'] | undefined;
  isNew: boolean;
  error: unknown;
}

export function SystemAgentFields({ draft, onChange, choices, limits, isNew, error }: SystemAgentFieldsProps) {
  const set = (change: Partial<SystemAgentDraft>) => onChange({ ...draft, ...change });
  // What is set stays to be seen, also when nobody shares it any more.
  const models = draft.primaryModel && !choices.models.includes(draft.primaryModel) ? [draft.primaryModel, ...choices.models] : choices.models;
  return (
    <Stack>
      {isNew && (
        <TextInput
          label={words.name}
          description={words.nameHint}
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          required
          maxLength={128}
          spellCheck={false}
          error={fieldError(error, 'name')}
        />
      )}
      <TextInput
        label={words.role}
        description={words.roleHint}
        value={draft.role}
        onChange={(event) => set({ role: event.currentTarget.value })}
        required
        maxLength={64}
        error={fieldError(error, 'role')}
      />
      {models.length === 0 && (
        <Alert color="yellow" title={words.noModels}>
          <Anchor component={Link} to="/settings/providers" size="sm">
            {words.toProviders}
          </Anchor>
        </Alert>
      )}
      <Select
        label={words.model}
        description={words.modelHint}
        data={models}
        value={draft.primaryModel || null}
        onChange={(value) => set({ primaryModel: value ?? '' })}
        searchable
        required
        disabled={models.length === 0}
        error={fieldError(error, 'primaryModel')}
      />
      {choices.providers.length > 1 && (
        <Select
          label={words.provider}
          description={words.providerHint}
          placeholder={words.anyProvider}
          data={choices.providers.map(({ id, name }) => ({ value: id, label: name }))}
          value={draft.providerId}
          onChange={(providerId) => set({ providerId })}
          clearable
          clearButtonProps={{ 'aria-label': words.anyProvider }}
          error={fieldError(error, 'providerId')}
        />
      )}
      <AgentResourceFields draft={draft} onChange={set} limits={limits} error={error} />
      <Switch
        label={words.active}
        description={words.activeHint}
        checked={draft.isActive}
        onChange={(event) => set({ isActive: event.currentTarget.checked })}
      />
    </Stack>
  );
}
