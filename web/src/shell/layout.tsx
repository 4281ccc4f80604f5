// The frame around every page of somebody who is signed in: navigation by role, account menu, colours.
import { ActionIcon, Burger, Drawer, Group, Menu, NavLink, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconLogout, IconUserCircle } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { NavLink as RouterLink, Outlet, useLocation, useNavigate } from 'react-router';

import { api } from '../api/client';
import { useAccount } from '../api/session';
import { ErrorBoundary } from '../components/error-boundary';
import { text } from '../text';
import { ColorSchemeMenuItems } from './color-scheme';
import classes from './layout.module.css';
import { Logo } from './logo';
import { navigationFor } from './navigation';

export function Layout() {
  const { pathname } = useLocation();
  const [opened, { open, close }] = useDisclosure(false);
  useEffect(close, [pathname, close]);
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        {text.shell.skipToContent}
      </a>
      <header className={classes.header}>
        <Group gap="xs" wrap="nowrap">
          <Burger className={classes.burger} opened={opened} onClick={open} size="sm" aria-label={text.shell.openMenu} />
          <Logo />
        </Group>
        <AccountMenu />
      </header>
      <div className={classes.sidebar}>
        <Navigation />
      </div>
      <Drawer opened={opened} onClose={close} size="280px" title={text.product} closeButtonProps={{ 'aria-label': text.shell.closeMenu }}>
        <Navigation />
      </Drawer>
      <main id="content" className={classes.main} tabIndex={-1}>
        <ErrorBoundary resetKey={pathname}>
          <Outlet />
        </ErrorBoundary>
      </main>
    </div>
  );
}

function Navigation() {
  const account = useAccount();
  return (
    <nav aria-label={text.shell.navigation}>
      {navigationFor(account).map((group) => (
        <div key={group.label} className={classes.group}>
          <Text size="xs" fw={700} c="dimmed" tt="uppercase" px="sm" mb={4}>
            {group.label}
          </Text>
          {group.items.map(({ label, to, icon: Icon }) => (
            <RouterLink key={to} to={to} className={classes.plain}>
              {({ isActive }) => (
                <NavLink component="span" className={classes.item} active={isActive} label={label} leftSection={<Icon size={18} stroke={1.6} aria-hidden />} />
              )}
            </RouterLink>
          ))}
        </div>
      ))}
    </nav>
  );
}

function AccountMenu() {
  const account = useAccount();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const signOut = useMutation({
    mutationFn: () => api.POST('/api/auth/sign-out'),
    onSuccess: () => {
      queryClient.clear();
      void navigate('/sign-in');
    },
  });
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={text.shell.account}>
          <IconUserCircle stroke={1.6} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{account.name}</Menu.Label>
        <ColorSchemeMenuItems />
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => signOut.mutate()}>
          {text.shell.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
