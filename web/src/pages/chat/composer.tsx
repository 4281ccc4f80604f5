import { ActionIcon, Textarea, Tooltip } from '@mantine/core';
import { IconArrowUp, IconPlayerStopFilled } from '@tabler/icons-react';
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';

import { text } from '../../text';
import classes from './chat.module.css';

const words = text.chat;

interface ComposerProps {
  running: boolean;
  onSend: (message: string) => void;
  onStop: () => void;
}

export function Composer({ running, onSend, onStop }: ComposerProps) {
  const [draft, setDraft] = useState('');
  const input = useRef<HTMLTextAreaElement>(null);
  useEffect(() => input.current?.focus({ preventScroll: true }), []);
  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (running || draft.trim() === '') return;
    onSend(draft.trim());
    setDraft('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // A key that ends the composition of a character sends nothing.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form className={classes.composer} onSubmit={send}>
      <Textarea
        ref={input}
        className={classes.input}
        aria-label={words.message}
        aria-description={words.sendHint}
        placeholder={words.placeholder}
        autosize
        minRows={1}
        maxRows={10}
        maxLength={100_000}
        size="md"
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {running ? (
        <Tooltip key="stop" label={words.stop}>
          <ActionIcon size={42} radius="xl" color="red" aria-label={words.stop} onClick={onStop}>
            <IconPlayerStopFilled size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      ) : (
        <Tooltip key="send" label={words.send}>
          <ActionIcon size={42} radius="xl" type="submit" aria-label={words.send} disabled={draft.trim() === ''}>
            <IconArrowUp size={20} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
    </form>
  );
}
