// The frame of a page: its title (also the window's), what it is for, what can be done on it.
import { Group, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';

import { text } from '../text';
import classes from './page.module.css';

interface PageProps {
  title: string;
  description?: string;
  actions?: ReactNode;
  wide?: boolean; // tables
  children: ReactNode;
}

export function Page({ title, description, actions, wide, children }: PageProps) {
  useDocumentTitle(`${title} · ${text.product}`);
  return (
    <div className={wide ? classes.wide : classes.page}>
      <Group justify="space-between" align="flex-start" mb="lg" gap="md">
        <div className={classes.heading}>
          <Title order={1} size="h2">
            {title}
          </Title>
          {description && (
            <Text c="dimmed" mt={4}>
              {description}
            </Text>
          )}
        </div>
        {actions && <Group gap="sm">{actions}</Group>}
      </Group>
      <Stack gap="lg">{children}</Stack>
    </div>
  );
}
