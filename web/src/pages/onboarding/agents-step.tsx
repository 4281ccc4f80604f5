import { Alert, Button, Checkbox, Select, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';

import { api, body, type Schemas } from '../../api/client';
import { fieldError } from '../../components/fields';
import { ProblemAlert } from '../../components/problem-alert';
import { text } from '../../text';
import { StepButtons } from './step-buttons';
import type { AgentsDraft, StepProps } from './wizard-drafts';
import type { SetUp } from './wizard-steps';

const words = text.onboarding.agents;
const memoryOf = (mb: number) => text.admin.systemAgents.memory(text.admin.agentWords.memory(mb));
type AgentWord = 'main' | 'projects' | 'research' | 'operations';

function modelsOf(setUp: SetUp): string[] {
  return setUp.provider.items.flatMap((provider: Schemas['Provider']) => provider.models.map((model) => `${provider.name}/${model.id}`));
}

export function AgentsStep({ setUp, draft, onChange, onSaved, onBack }: StepProps<AgentsDraft>) {
  const models = modelsOf(setUp);
  const model = draft.model ?? (models.length === 1 ? (models[0] ?? null) : null);
  const save = useMutation({
    mutationFn: (agents: string[]) =>
      body(api.POST('/api/onboarding/agents', { body: { agents: agents as AgentWord[], primaryModel: agents.length > 0 ? model : null } })),
    onSuccess: onSaved,
  });
  const made = new Set(setUp.agents.items.map((agent) => agent.name));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(draft.agents);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>{words.explanation}</Text>
        <Checkbox.Group label={words.legend} value={draft.agents} onChange={(agents) => onChange({ ...draft, agents })}>
          <Stack gap="sm" mt="xs">
            {setUp.agents.choices.map((choice) => (
              <Checkbox
                key={choice.agent}
                value={choice.agent}
                label={`${choice.name}${made.has(choice.name) ? ` (${words.exists})` : ''}`}
                description={`${choice.purpose}. ${memoryOf(choice.memoryMb)}`}
              />
            ))}
          </Stack>
        </Checkbox.Group>
        {models.length > 0 ? (
          <Select
            label={words.model}
            placeholder={words.modelPlaceholder}
            data={models}
            value={model}
            onChange={(value) => onChange({ ...draft, model: value })}
            searchable
            disabled={draft.agents.length === 0}
            error={fieldError(save.error, 'primaryModel')}
          />
        ) : (
          <Alert color="yellow">{words.noModels}</Alert>
        )}
        {save.isError && <ProblemAlert error={save.error} />}
        <StepButtons onBack={onBack}>
          <Button variant="default" onClick={() => save.mutate([])} loading={save.isPending && save.variables.length === 0}>
            {made.size > 0 ? text.onboarding.goOn : words.skip}
          </Button>
          <Button type="submit" disabled={draft.agents.length === 0 || !model} loading={save.isPending && save.variables.length > 0}>
            {text.onboarding.saveAndGoOn}
          </Button>
        </StepButtons>
      </Stack>
    </form>
  );
}
