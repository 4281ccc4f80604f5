// "Really?", for what has no dry run.
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

import { text } from '../text';
import { ProblemAlert } from './problem-alert';

interface ConfirmDialogProps {
  opened: boolean;
  title: string;
  confirmLabel: string;
  danger?: boolean;
  disabled?: boolean;
  pending: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

export function ConfirmDialog({ opened, title, confirmLabel, danger, disabled, pending, error, onConfirm, onClose, children }: ConfirmDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': text.actions.close }}>
      <Stack>
        {typeof children === 'string' ? <Text size="sm">{children}</Text> : children}
        {error ? <ProblemAlert error={error} /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {text.actions.cancel}
          </Button>
          <Button color={danger ? 'red' : undefined} loading={pending} disabled={disabled} onClick={onConfirm} data-autofocus>
            {confirmLabel}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
