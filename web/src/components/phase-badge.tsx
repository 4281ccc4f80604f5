// An agent's phase in a word and a colour; the word alone says it too.
import { Badge } from '@mantine/core';

import type { Schemas } from '../api/client';
import { text } from '../text';

export type Phase = Schemas['Phase'];

const sleeping: readonly Phase[] = ['stopped', 'paused', 'hibernated'];

export function isAsleep({ phase }: { phase: Phase }): boolean {
  return sleeping.includes(phase);
}

const colors: Record<Phase, string> = {
  stopped: 'gray.5',
  waiting: 'yellow',
  pulling: 'blue',
  starting: 'blue',
  running: 'teal',
  draining: 'yellow',
  stopping: 'yellow',
  paused: 'gray.5',
  hibernated: 'gray.5',
  failed: 'red',
  deleting: 'orange',
};

export function PhaseBadge({ phase }: { phase: Phase }) {
  return (
    <Badge color={colors[phase]} variant="dot" tt="none" data-phase={phase}>
      {text.phases[phase]}
    </Badge>
  );
}
