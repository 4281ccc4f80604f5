import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';

import { text } from '../../text';

// The last button is what one most likely wants.
export function StepButtons({ onBack, children }: { onBack?: () => void; children: ReactNode }) {
  return (
    <Group justify="space-between" mt="md">
      {onBack ? (
        <Button variant="subtle" onClick={onBack}>
          {text.actions.back}
        </Button>
      ) : (
        <span />
      )}
      <Group gap="sm">{children}</Group>
    </Group>
  );
}
