import { ActionIcon, Badge, Button, Group, Paper, Stack, Text, Title, Tooltip } from '@mantine/core';
import { IconEdit, IconPlug, IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, body } from '../../api/client';
import { affectsOf, dryRun } from '../../api/dry-run';
import { keys } from '../../api/queries';
import { useAccount } from '../../api/session';
import { ConfirmChange } from '../../components/confirm-change';
import { notifyDone } from '../../components/notify';
import { Page } from '../../components/page';
import { QueryView } from '../../components/query-view';
import { EmptyState } from '../../components/states';
import { text } from '../../text';
import type { Provider } from '../providers/provider-draft';
import { ProviderEditor } from './provider-editor';

const words = text.settings.providers;

export function ProvidersPage() {
  const account = useAccount();
  const queryClient = useQueryClient();
  const providers = useQuery({ queryKey: keys.providers, queryFn: async () => (await body(api.GET('/api/providers'))).items });
  const [editing, setEditing] = useState<Provider | 'new' | null>(null);
  const [deleting, setDeleting] = useState<Provider | null>(null);
  const changed = () => {
    for (const queryKey of [keys.providers, keys.agentConfig, keys.container, ['models']]) void queryClient.invalidateQueries({ queryKey });
  };
  const add = (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEditing('new')}>
      {words.add}
    </Button>
  );
  const path = (id: string) => ({ path: { id } });
  return (
    <Page title={words.title} description={words.description} actions={providers.data?.length ? add : undefined}>
      <QueryView
        query={providers}
        what={words.what}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState icon={IconPlug} title={words.empty} action={add}>
            {words.emptyHint}
          </EmptyState>
        }
      >
        {(list) => (
          <Stack component="ul" gap="sm" m={0} p={0}>
            {list.map((provider) => (
              <ProviderCard key={provider.id} provider={provider} onEdit={() => setEditing(provider)} onDelete={() => setDeleting(provider)} />
            ))}
          </Stack>
        )}
      </QueryView>
      {editing && (
        <ProviderEditor
          present={editing === 'new' ? undefined : editing}
          ownerId={account.id}
          onClose={() => setEditing(null)}
          onSaved={() => {
            setEditing(null);
            changed();
          }}
        />
      )}
      <ConfirmChange
        opened={deleting !== null}
        title={words.deleteTitle(deleting?.displayName ?? '')}
        confirmLabel={words.deleteLabel}
        danger
        ownerId={account.id}
        preview={async () => affectsOf(await body(api.DELETE('/api/providers/{id}', { params: { ...path(deleting?.id ?? ''), ...dryRun } })))}
        apply={() => body(api.DELETE('/api/providers/{id}', { params: path(deleting?.id ?? '') }))}
        onDone={() => {
          setDeleting(null);
          notifyDone(words.deleted);
          changed();
        }}
        onClose={() => setDeleting(null)}
      />
    </Page>
  );
}

interface ProviderCardProps {
  provider: Provider;
  onEdit: () => void;
  onDelete: () => void;
}

function ProviderCard({ provider, onEdit, onDelete }: ProviderCardProps) {
  const named = (action: string) => `${action}: ${provider.displayName}`;
  return (
    <Paper component="li" withBorder p="md" style={{ listStyle: 'none' }}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div>
          <Group gap="xs">
            <Title order={2} size="h4">
              {provider.displayName}
            </Title>
            {!provider.isActive && <Badge color="gray">{words.inactive}</Badge>}
          </Group>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {text.settings.providerForm.types[provider.type]}
            {provider.baseUrl ? ` · ${provider.baseUrl}` : ''}
          </Text>
          <Text size="sm" mt={4}>
            {words.models(provider.models.length)} · {provider.hasKey ? words.key : words.noKey}
          </Text>
        </div>
        <Group gap={4} wrap="nowrap">
          <Tooltip label={text.actions.edit}>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={named(text.actions.edit)} onClick={onEdit}>
              <IconEdit size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={text.actions.delete}>
            <ActionIcon variant="subtle" color="red" size="lg" aria-label={named(text.actions.delete)} onClick={onDelete}>
              <IconTrash size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
    </Paper>
  );
}
