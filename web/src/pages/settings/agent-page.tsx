// Which model the agent thinks with, what it falls back to, who it is.
import { Button, Group, Paper, Select, Stack, Text, Textarea } from '@mantine/core';
import { IconPlug } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';

import { api, body, bodyWithTag, type Schemas } from '../../api/client';
import { affectsOf, dryRun } from '../../api/dry-run';
import { keys } from '../../api/queries';
import { useAccount } from '../../api/session';
import { ConfirmChange } from '../../components/confirm-change';
import { fieldError } from '../../components/fields';
import { notifyEffects } from '../../components/notify';
import { Page } from '../../components/page';
import { QueryView } from '../../components/query-view';
import { EmptyState } from '../../components/states';
import { text } from '../../text';
import { FallbackList } from './fallback-list';

const words = text.settings.agent;
const largestPersonality = 65_536;

export function AgentPage() {
  const config = useQuery({ queryKey: keys.agentConfig, queryFn: () => bodyWithTag(api.GET('/api/agent-config')) });
  // What the agent can be asked to use, under the names that settings know.
  const models = useQuery({
    queryKey: ['models'],
    queryFn: async () => (await body(api.GET('/v1/models'))).data.map((model) => model.id).filter((id) => id.includes('/')),
  });
  return (
    <Page title={words.title} description={words.description}>
      <QueryView query={models} what={words.what}>
        {(names) => (
          <QueryView query={config} what={words.what}>
            {(present) => <AgentForm key={present.tag} present={present.value} tag={present.tag} models={names} />}
          </QueryView>
        )}
      </QueryView>
    </Page>
  );
}

interface AgentFormProps {
  present: Schemas['AgentConfig'];
  tag: string;
  models: string[];
}

function draftOf(config: Schemas['AgentConfig']) {
  return { model: config.primaryModel, fallbacks: config.fallbackModels, personality: config.personality ?? '' };
}

function AgentForm({ present, tag, models }: AgentFormProps) {
  const account = useAccount();
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(present));
  const [confirming, setConfirming] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const changed = JSON.stringify(draft) !== JSON.stringify(draftOf(present));
  const send = (dry: boolean) =>
    body(
      api.PUT('/api/agent-config', {
        params: { header: { 'If-Match': tag }, ...(dry ? dryRun : {}) },
        body: {
          primaryModel: draft.model,
          fallbackModels: draft.fallbacks,
          personality: draft.personality.trim() === '' ? null : draft.personality,
          providerId: present.providerId,
        },
      }),
    ).catch((failure: unknown) => {
      setError(failure);
      throw failure;
    });
  if (models.length === 0)
    return (
      <EmptyState
        icon={IconPlug}
        title={words.noProvider}
        action={
          <Button component={Link} to="/settings/providers">
            {words.toProviders}
          </Button>
        }
      >
        {words.noProviderHint}
      </EmptyState>
    );
  // One that is set but no longer listed is shown all the same.
  const choices = draft.model && !models.includes(draft.model) ? [draft.model, ...models] : models;
  return (
    <Paper withBorder p="lg">
      <Stack gap="lg">
        <Select
          label={words.model}
          placeholder={words.modelDefault}
          data={choices}
          value={draft.model}
          onChange={(model) => setDraft({ ...draft, model, fallbacks: draft.fallbacks.filter((each) => each !== model) })}
          searchable
          clearable
          error={fieldError(error, 'primaryModel')}
        />
        <FallbackList
          value={draft.fallbacks}
          choices={models.filter((model) => model !== draft.model)}
          onChange={(fallbacks) => setDraft({ ...draft, fallbacks })}
          error={fieldError(error, 'fallbackModels')}
        />
        <Textarea
          label={words.personality}
          description={words.personalityHint}
          placeholder={words.personalityPlaceholder}
          autosize
          minRows={8}
          maxRows={24}
          maxLength={largestPersonality}
          value={draft.personality}
          onChange={(event) => setDraft({ ...draft, personality: event.currentTarget.value })}
          error={fieldError(error, 'personality')}
        />
        <Group justify="space-between">
          <Text size="sm" c="dimmed" aria-live="polite">
            {changed ? words.unsaved : words.characters(draft.personality.length)}
          </Text>
          <Group>
            {changed && (
              <Button variant="default" onClick={() => setDraft(draftOf(present))}>
                {words.discard}
              </Button>
            )}
            <Button disabled={!changed} onClick={() => setConfirming(true)}>
              {text.actions.save}
            </Button>
          </Group>
        </Group>
      </Stack>
      <ConfirmChange
        opened={confirming}
        title={words.saveTitle}
        ownerId={account.id}
        preview={async () => {
          setError(null);
          return affectsOf(await send(true));
        }}
        apply={async () => notifyEffects(affectsOf(await send(false)))}
        onDone={() => {
          setConfirming(false);
          void queryClient.invalidateQueries({ queryKey: keys.agentConfig });
          void queryClient.invalidateQueries({ queryKey: keys.container });
        }}
        onClose={() => setConfirming(false)}
      />
    </Paper>
  );
}
