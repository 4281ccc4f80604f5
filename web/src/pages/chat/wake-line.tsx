// While the agent wakes: what is happening, and how long that usually takes.
import { Group, Loader, Progress, Text } from '@mantine/core';
import { useEffect, useState } from 'react';

import { text } from '../../text';
import { seconds } from '../../text/format';
import type { Talk } from './chat-store';
import classes from './chat.module.css';

const words = text.chat.waking;

// Counts down between two of the server's words.
function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

export function wakeEstimate(wake: NonNullable<Talk['wake']>, heardAt: number, now: number) {
  const told = wake.progress.remaining_ms;
  if (told === undefined) return null;
  const left = Math.max(0, told - (now - heardAt));
  const whole = heardAt - wake.since + told;
  return { left, percent: whole > 0 ? Math.min(99, Math.round(((whole - left) / whole) * 100)) : 99 };
}

export function WakeLine({ wake, usualMs }: { wake: NonNullable<Talk['wake']>; usualMs: number | null }) {
  const now = useNow(500);
  const [heard, setHeard] = useState({ progress: wake.progress, at: now });
  if (heard.progress !== wake.progress) setHeard({ progress: wake.progress, at: Date.now() });
  const { phase, percent, message } = wake.progress;
  const estimate = wakeEstimate(wake, heard.at, now);
  const usual = usualMs === null ? (estimate === null ? words.unknown : '') : words.usually(seconds(usualMs));
  const rest = estimate === null ? '' : estimate.left > 0 ? words.remaining(seconds(estimate.left)) : words.longer;
  return (
    <div className={classes.wake} role="status">
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <Loader size="sm" mt={2} aria-hidden />
        <div>
          <Text fw={600}>{words.title}</Text>
          <Text size="sm">
            {phase ? words.phases[phase] : ''}
            {percent === undefined ? '' : ` (${percent} %)`}
            {message ? `: ${message}` : ''}. {usual} <span aria-hidden>{rest}</span>
          </Text>
        </div>
      </Group>
      <Progress value={percent ?? estimate?.percent ?? 100} animated={percent === undefined && estimate === null} mt="xs" size="sm" aria-label={words.title} />
    </div>
  );
}
