// Loading and empty, for every page and table.
import { Center, Loader, Paper, Stack, Text, Title } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';

import { text } from '../text';

export function LoadingState({ what }: { what?: string }) {
  const label = what ? text.states.loadingWhat(what) : text.states.loading;
  return (
    <Center mih={160} role="status" aria-live="polite">
      <Stack align="center" gap="xs">
        <Loader aria-hidden />
        <Text size="sm" c="dimmed">
          {label}
        </Text>
      </Stack>
    </Center>
  );
}

interface EmptyStateProps {
  icon?: Icon;
  title: string;
  children?: ReactNode; // why it is empty, and what to do
  action?: ReactNode;
}

export function EmptyState({ icon: Picture, title, children, action }: EmptyStateProps) {
  return (
    <Paper withBorder p="xl">
      <Stack align="center" gap="sm">
        {Picture && <Picture size={36} stroke={1.4} aria-hidden />}
        <Title order={2} size="h4" ta="center">
          {title}
        </Title>
        {children && (
          <Text c="dimmed" ta="center" maw={460}>
            {children}
          </Text>
        )}
        {action}
      </Stack>
    </Paper>
  );
}
