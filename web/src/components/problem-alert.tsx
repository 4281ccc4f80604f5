// What went wrong and what to do about it, in the server's own words.
import { Alert, Button, Group, List, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';

import { asProblem } from '../api/problem';
import { text } from '../text';

interface ProblemAlertProps {
  error: unknown;
  onRetry?: () => void;
  action?: ReactNode; // a link that does what the remedy says
}

export function ProblemAlert({ error, onRetry, action }: ProblemAlertProps) {
  const { problem, requestId } = asProblem(error);
  const fields = problem.errors ?? [];
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={problem.detail} role="alert">
      {/* With fields, the remedy tells programs where to look for them. */}
      {fields.length === 0 && <Text size="sm">{problem.remedy}</Text>}
      {fields.length > 0 && (
        <List size="sm">
          {fields.map(({ field, message }) => (
            <List.Item key={field}>
              <b>{field}</b>: {message}
            </List.Item>
          ))}
        </List>
      )}
      {(onRetry || action) && (
        <Group mt="sm" gap="sm">
          {onRetry && (
            <Button size="xs" variant="default" onClick={onRetry}>
              {text.actions.retry}
            </Button>
          )}
          {action}
        </Group>
      )}
      {problem.status >= 500 && requestId && (
        <Text size="xs" c="dimmed" mt="xs">
          {text.requestId(requestId)}
        </Text>
      )}
    </Alert>
  );
}
