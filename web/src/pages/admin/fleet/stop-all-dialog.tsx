import { Radio, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, body } from '../../../api/client';
import { keys } from '../../../api/queries';
import { ConfirmDialog } from '../../../components/confirm-dialog';
import { notifyDone } from '../../../components/notify';
import { text } from '../../../text';

const words = text.admin.fleet;
const choices = ['user', 'system', 'all'] as const;

export function StopAllDialog({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient();
  const [choice, setChoice] = useState<string>('user');
  const stop = useMutation({
    mutationFn: () => body(api.POST('/api/fleet/stop-all', { body: { kind: choice === 'all' ? null : (choice as 'user' | 'system') } })),
    onSuccess: ({ stopped }) => {
      notifyDone(words.stopAllDone(stopped));
      void queryClient.invalidateQueries({ queryKey: keys.fleet });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      opened
      title={words.stopAllTitle}
      confirmLabel={text.actions.stop}
      danger
      pending={stop.isPending}
      error={stop.error}
      onConfirm={() => stop.mutate()}
      onClose={onClose}
    >
      <Text size="sm">{words.stopAllHint}</Text>
      <Radio.Group label={words.stopAllChoice} value={choice} onChange={setChoice}>
        <Stack gap="xs" mt="xs">
          {choices.map((each) => (
            <Radio key={each} value={each} label={words.stopAllChoices[each]} />
          ))}
        </Stack>
      </Radio.Group>
    </ConfirmDialog>
  );
}
