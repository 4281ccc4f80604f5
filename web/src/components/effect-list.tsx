// What a change would restart, as the server's dry run says it.
import { List, Text } from '@mantine/core';
import { IconAlertTriangle, IconBolt, IconPlayerPause, IconRefresh } from '@tabler/icons-react';

import type { Schemas } from '../api/client';
import { text } from '../text';

export type Effects = Schemas['EffectList'];

const icons = { none: IconPlayerPause, reload: IconBolt, restart: IconRefresh } as const;

export function restartsOf(effects: Effects): number {
  return effects.filter(({ effect }) => effect === 'restart').length;
}

// `ownerId`: whose own agent is "your agent".
export function EffectList({ effects, ownerId }: { effects: Effects; ownerId?: string }) {
  if (effects.length === 0) return <Text size="sm">{text.effects.nothing}</Text>;
  return (
    <List size="sm" spacing="xs" center>
      {effects.map(({ agent, effect, problem }) => {
        const Icon = icons[effect];
        const own = agent.kind === 'user' && agent.name === ownerId;
        return (
          <List.Item key={`${agent.kind}/${agent.id}`} icon={<Icon size={18} aria-hidden />}>
            <b>{own ? text.effects.yourAgent : agent.name}</b>: {text.effects[effect]}
            {problem && (
              <Text size="sm" c="var(--mantine-color-error)">
                <IconAlertTriangle size={14} aria-hidden /> {problem}
              </Text>
            )}
          </List.Item>
        );
      })}
    </List>
  );
}
