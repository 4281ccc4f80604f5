// Between "Save" and the change: asks the server's dry run what would restart, shows it, and lets one go on or not.
import { Button, Group, Loader, Modal, Stack, Text } from '@mantine/core';
import { useEffect } from 'react';
import { useMutation } from '@tanstack/react-query';

import { text } from '../text';
import { type Effects, EffectList } from './effect-list';
import { ProblemAlert } from './problem-alert';

interface ConfirmChangeProps {
  opened: boolean;
  title: string;
  confirmLabel?: string;
  danger?: boolean;
  ownerId?: string;
  preview: () => Promise<Effects>; // ?dryRun=true
  apply: () => Promise<unknown>;
  onDone: () => void; // it was applied
  onClose: () => void;
}

export function ConfirmChange(props: ConfirmChangeProps) {
  const { opened, title, confirmLabel = text.actions.save, danger, ownerId, onDone, onClose } = props;
  const preview = useMutation({ mutationFn: props.preview });
  const apply = useMutation({ mutationFn: props.apply, onSuccess: onDone });
  const { mutate: ask, reset: forgetPreview } = preview;
  const { reset: forgetApply } = apply;
  useEffect(() => {
    forgetApply();
    if (opened) ask();
    else forgetPreview();
  }, [opened, ask, forgetPreview, forgetApply]);
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': text.actions.close }}>
      <Stack>
        {preview.isPending && (
          <Group gap="sm" role="status">
            <Loader size="sm" aria-hidden /> <Text size="sm">{text.effects.checking}</Text>
          </Group>
        )}
        {preview.isError && <ProblemAlert error={preview.error} />}
        {preview.data && (
          <div>
            <Text fw={600} mb="xs">
              {text.effects.heading}
            </Text>
            <EffectList effects={preview.data} ownerId={ownerId} />
          </div>
        )}
        {apply.isError && <ProblemAlert error={apply.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {text.actions.cancel}
          </Button>
          <Button
            color={danger ? 'red' : undefined}
            loading={apply.isPending}
            disabled={!preview.data}
            onClick={() => apply.mutate()}
            data-autofocus
          >
            {confirmLabel}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
