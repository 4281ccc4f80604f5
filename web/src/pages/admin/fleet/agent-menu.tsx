// The menu at the end of an agent's row.
import { ActionIcon, Menu } from '@mantine/core';
import { IconDots, IconInfoCircle, IconKey, IconPlayerPlay, IconPlayerStop, IconRefresh, IconTrash } from '@tabler/icons-react';
import { Link } from 'react-router';

import { text } from '../../../text';
import { type FleetAgent, pathOf } from '../agent-words';
import { useAgentDeeds } from './agent-deeds';

const words = text.admin.actions;

export function AgentMenu({ agent, title }: { agent: FleetAgent; title: string }) {
  const deeds = useAgentDeeds(agent, title);
  return (
    <>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" loading={deeds.pending} aria-label={words.for(title)}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} to={pathOf(agent)} leftSection={<IconInfoCircle size={16} aria-hidden />}>
            {words.open}
          </Menu.Item>
          <Menu.Item disabled={!deeds.canStart} onClick={deeds.start} leftSection={<IconPlayerPlay size={16} aria-hidden />}>
            {text.actions.start}
          </Menu.Item>
          <Menu.Item disabled={!deeds.canStop} onClick={deeds.stop} leftSection={<IconPlayerStop size={16} aria-hidden />}>
            {text.actions.stop}
          </Menu.Item>
          <Menu.Item disabled={!deeds.canRestart} onClick={deeds.restart} leftSection={<IconRefresh size={16} aria-hidden />}>
            {text.actions.restart}
          </Menu.Item>
          <Menu.Item disabled={!deeds.canRotate} onClick={deeds.rotate} leftSection={<IconKey size={16} aria-hidden />}>
            {text.actions.rotateToken}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item c="var(--mantine-color-error)" disabled={!deeds.canRemove} onClick={deeds.remove} leftSection={<IconTrash size={16} aria-hidden />}>
            {words.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {deeds.dialogs}
    </>
  );
}
