import { Badge } from '@mantine/core';

import { text } from '../../../text';
import type { StreamState } from './fleet-stream';

const colors: Record<StreamState, string> = { live: 'teal', connecting: 'gray.5', lost: 'orange' };

export function LiveMark({ state }: { state: StreamState }) {
  return (
    <Badge variant="dot" color={colors[state]} tt="none" role="status" data-live={state}>
      {text.admin.live[state]}
    </Badge>
  );
}
