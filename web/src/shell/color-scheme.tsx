import { Menu, type MantineColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconCheck, IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';

import { text } from '../text';

const choices = [
  { value: 'light', label: text.shell.light, icon: IconSun },
  { value: 'dark', label: text.shell.dark, icon: IconMoon },
  { value: 'auto', label: text.shell.system, icon: IconDeviceDesktop },
] satisfies { value: MantineColorScheme; label: string; icon: unknown }[];

export function ColorSchemeMenuItems() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <Menu.Label>{text.shell.colorScheme}</Menu.Label>
      {choices.map(({ value, label, icon: Icon }) => (
        <Menu.Item
          key={value}
          leftSection={<Icon size={16} aria-hidden />}
          rightSection={colorScheme === value ? <IconCheck size={16} aria-hidden /> : null}
          role="menuitemradio"
          aria-checked={colorScheme === value}
          onClick={() => setColorScheme(value)}
        >
          {label}
        </Menu.Item>
      ))}
    </>
  );
}
