// The models that are tried in this order; moved by buttons, which a keyboard reaches.
import { ActionIcon, Group, Input, Paper, Select, Stack, Text } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconX } from '@tabler/icons-react';

import { text } from '../../text';

const words = text.settings.agent;

interface FallbackListProps {
  value: string[];
  choices: string[];
  onChange: (value: string[]) => void;
  error?: string;
}

export function moved(list: string[], from: number, to: number): string[] {
  if (to < 0 || to >= list.length) return list;
  const next = [...list];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(to, 0, item);
  return next;
}

export function FallbackList({ value, choices, onChange, error }: FallbackListProps) {
  const left = choices.filter((model) => !value.includes(model));
  return (
    <Input.Wrapper label={words.fallbacks} description={words.fallbacksHint} error={error} labelElement="div">
      <Stack gap={6} mt={6} component="ol" p={0} m={0} style={{ listStyle: 'none' }}>
        {value.map((model, index) => (
          <Paper key={model} component="li" withBorder px="sm" py={4}>
            <Group justify="space-between" wrap="nowrap">
              <Text size="sm">
                {index + 1}. {model}
              </Text>
              <Group gap={2} wrap="nowrap">
                <ActionIcon variant="subtle" color="gray" disabled={index === 0} aria-label={words.moveUp(model)} onClick={() => onChange(moved(value, index, index - 1))}>
                  <IconArrowUp size={16} aria-hidden />
                </ActionIcon>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  disabled={index === value.length - 1}
                  aria-label={words.moveDown(model)}
                  onClick={() => onChange(moved(value, index, index + 1))}
                >
                  <IconArrowDown size={16} aria-hidden />
                </ActionIcon>
                <ActionIcon variant="subtle" color="red" aria-label={words.remove(model)} onClick={() => onChange(value.filter((each) => each !== model))}>
                  <IconX size={16} aria-hidden />
                </ActionIcon>
              </Group>
            </Group>
          </Paper>
        ))}
      </Stack>
      {left.length > 0 && value.length < 20 && (
        <Select
          key={value.join(' ')}
          mt={6}
          aria-label={words.addFallback}
          placeholder={words.addFallback}
          data={left}
          value={null}
          onChange={(model) => model && onChange([...value, model])}
          searchable
        />
      )}
    </Input.Wrapper>
  );
}
