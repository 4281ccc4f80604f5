// Who sees which pages in the navigation. The server decides what they may do; this only leads them there.
import {
  IconActivity,
  IconAdjustments,
  IconBox,
  IconFingerprint,
  IconHistory,
  type Icon,
  IconKey,
  IconMessageCircle,
  IconPlug,
  IconRobot,
  IconServer2,
  IconSparkles,
  IconUser,
  IconUsers,
} from '@tabler/icons-react';

import type { Account } from '../api/session';
import { text } from '../text';

interface NavigationItem {
  label: string;
  to: string;
  icon: Icon;
}
export interface NavigationGroup {
  label: string;
  items: NavigationItem[];
}

const agent: NavigationGroup = {
  label: text.shell.groups.agent,
  items: [{ label: text.shell.chat, to: '/chat', icon: IconMessageCircle }],
};
const settings: NavigationGroup = {
  label: text.shell.groups.settings,
  items: [
    { label: text.shell.providers, to: '/settings/providers', icon: IconPlug },
    { label: text.shell.agent, to: '/settings/agent', icon: IconSparkles },
    { label: text.shell.container, to: '/settings/container', icon: IconBox },
    { label: text.shell.tokens, to: '/settings/tokens', icon: IconKey },
    { label: text.shell.accountPage, to: '/settings/account', icon: IconUser },
  ],
};
const admin: NavigationGroup = {
  label: text.shell.groups.admin,
  items: [
    { label: text.shell.fleet, to: '/admin/fleet', icon: IconServer2 },
    { label: text.shell.systemAgents, to: '/admin/system-agents', icon: IconRobot },
    { label: text.shell.users, to: '/admin/users', icon: IconUsers },
    { label: text.shell.auth, to: '/admin/auth', icon: IconFingerprint },
    { label: text.shell.limits, to: '/admin/limits', icon: IconAdjustments },
    { label: text.shell.audit, to: '/admin/audit', icon: IconHistory },
    { label: text.shell.health, to: '/admin/health', icon: IconActivity },
  ],
};

export function navigationFor(account: Pick<Account, 'role'>): NavigationGroup[] {
  return account.role === 'admin' ? [agent, settings, admin] : [agent, settings];
}
