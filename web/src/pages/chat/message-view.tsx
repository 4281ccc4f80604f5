import { Button, Loader, Paper, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { Link } from 'react-router';

import type { ProblemError } from '../../api/problem';
import { ProblemAlert } from '../../components/problem-alert';
import { text } from '../../text';
import type { Message } from './chat-store';
import classes from './chat.module.css';
import { Markdown } from './markdown';

const words = text.chat;

// Where that can be mended which a problem speaks of.
const places: Record<string, { to: string; label: string }> = {
  'agent-not-configured': { to: '/settings/providers', label: words.actions.providers },
  'authentication-error': { to: '/settings/providers', label: words.actions.providers },
  'model-not-found': { to: '/settings/agent', label: words.actions.agent },
  'refused-by-rule': { to: '/settings/container', label: words.actions.container },
  'agent-failed': { to: '/settings/container', label: words.actions.container },
  'agent-gone': { to: '/settings/container', label: words.actions.container },
  'agent-silent': { to: '/settings/container', label: words.actions.container },
  'invalid-api-key': { to: '/sign-in', label: words.actions.signIn },
};

interface MessageViewProps {
  message: Message;
  waking: boolean;
  onRetry?: () => void;
}

export function MessageView({ message, waking, onRetry }: MessageViewProps) {
  if (message.role === 'user')
    return (
      <article className={classes.own} aria-label={words.you}>
        <Paper className={classes.bubble} p="sm">
          {message.text}
        </Paper>
      </article>
    );
  return (
    <article aria-label={words.agent} aria-busy={message.state === 'streaming'} data-state={message.state}>
      {message.text && <Markdown>{message.text}</Markdown>}
      {message.state === 'streaming' && message.text === '' && !waking && (
        <Text c="dimmed" size="sm">
          <Loader size="xs" type="dots" mr={6} aria-hidden /> {words.thinking}
        </Text>
      )}
      {message.state === 'stopped' && (
        <Text c="dimmed" size="sm" mt={4}>
          {words.stopped}
        </Text>
      )}
      {message.error && <Failure error={message.error} onRetry={onRetry} />}
      {onRetry && message.state === 'stopped' && (
        <Button size="compact-sm" variant="subtle" mt={4} leftSection={<IconRefresh size={14} aria-hidden />} onClick={onRetry}>
          {words.retry}
        </Button>
      )}
    </article>
  );
}

function Failure({ error, onRetry }: { error: ProblemError; onRetry?: () => void }) {
  const place = places[error.type];
  return (
    <div className={classes.failure}>
      <ProblemAlert
        error={error}
        onRetry={onRetry}
        action={
          place && (
            <Button size="xs" component={Link} to={place.to}>
              {place.label}
            </Button>
          )
        }
      />
    </div>
  );
}
