import { ActionIcon, Button, Menu, NavLink, ScrollArea } from '@mantine/core';
import { IconChevronDown, IconMessagePlus, IconTrash } from '@tabler/icons-react';
import { Link } from 'react-router';

import { text } from '../../text';
import classes from './chat.module.css';
import type { Conversation } from './conversations';

const words = text.chat;
const titleOf = ({ id, title }: Conversation) => title || (id === 'main' ? words.firstConversation : words.newConversation);

interface ConversationListProps {
  list: Conversation[];
  current: string;
  onNew: () => void;
  onRemove: (conversation: Conversation) => void;
}

export function ConversationList({ list, current, onNew, onRemove }: ConversationListProps) {
  const active = list.find(({ id }) => id === current);
  return (
    <>
      <nav className={classes.list} aria-label={words.conversations}>
        <Button variant="light" fullWidth mb="sm" leftSection={<IconMessagePlus size={18} aria-hidden />} onClick={onNew}>
          {words.newConversation}
        </Button>
        <ScrollArea className={classes.entries} type="auto">
          {list.map((conversation) => (
            <div key={conversation.id} className={classes.entry}>
              <NavLink
                component={Link}
                to={`/chat/${conversation.id}`}
                active={conversation.id === current}
                aria-current={conversation.id === current ? 'page' : undefined}
                label={titleOf(conversation)}
                noWrap
              />
              <ActionIcon variant="subtle" color="gray" aria-label={words.delete(titleOf(conversation))} onClick={() => onRemove(conversation)}>
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            </div>
          ))}
        </ScrollArea>
      </nav>
      <div className={classes.narrowList}>
        <Menu width="target">
          <Menu.Target>
            <Button variant="default" fullWidth justify="space-between" rightSection={<IconChevronDown size={16} aria-hidden />}>
              {active ? titleOf(active) : words.conversations}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconMessagePlus size={16} aria-hidden />} onClick={onNew}>
              {words.newConversation}
            </Menu.Item>
            {list.map((conversation) => (
              <Menu.Item key={conversation.id} component={Link} to={`/chat/${conversation.id}`}>
                {titleOf(conversation)}
              </Menu.Item>
            ))}
            {active && (
              <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => onRemove(active)}>
                {words.delete(titleOf(active))}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      </div>
    </>
  );
}
