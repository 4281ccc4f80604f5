import { Button } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, body, type Schemas } from '../../api/client';
import { keys } from '../../api/queries';
import { problemFrom } from '../../api/problem';
import { ConfirmDialog } from '../../components/confirm-dialog';
import { Page } from '../../components/page';
import { QueryView } from '../../components/query-view';
import { EmptyState } from '../../components/states';
import { text } from '../../text';
import { NewTokenDialog } from './new-token-dialog';
import { TokenTable } from './token-table';

const words = text.settings.tokens;
type Token = Schemas['Token'];

export function TokensPage() {
  const queryClient = useQueryClient();
  const tokens = useQuery({ queryKey: keys.tokens, queryFn: async () => (await body(api.GET('/api/account/tokens'))).tokens });
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const changed = () => void queryClient.invalidateQueries({ queryKey: keys.tokens });
  const revoke = useMutation({
    mutationFn: async (id: string) => {
      const { error, response } = await api.DELETE('/api/account/tokens/{id}', { params: { path: { id } } });
      if (!response.ok) throw problemFrom(error, response);
    },
    onSuccess: () => {
      setRevoking(null);
      changed();
    },
  });
  const add = (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setMaking(true)}>
      {words.add}
    </Button>
  );
  return (
    <Page title={words.title} description={words.description} actions={tokens.data?.length ? add : undefined}>
      <QueryView
        query={tokens}
        what={words.what}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState icon={IconKey} title={words.empty} action={add}>
            {words.emptyHint}
          </EmptyState>
        }
      >
        {(list) => <TokenTable list={list} onRevoke={setRevoking} />}
      </QueryView>
      <NewTokenDialog opened={making} onClose={() => setMaking(false)} onMade={changed} />
      <ConfirmDialog
        opened={revoking !== null}
        title={words.revokeTitle(revoking?.name ?? '')}
        confirmLabel={words.revoke}
        danger
        pending={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoking && revoke.mutate(revoking.id)}
        onClose={() => setRevoking(null)}
      >
        {words.revokeHint}
      </ConfirmDialog>
    </Page>
  );
}
