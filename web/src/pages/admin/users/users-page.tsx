// Who there is and what they may do.
import { Badge, Group, Paper, Select, Switch, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch, IconUsers } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, body, type Schemas } from '../../../api/client';
import { keys } from '../../../api/queries';
import { useAccount } from '../../../api/session';
import { ConfirmDialog } from '../../../components/confirm-dialog';
import { LoadMore } from '../../../components/load-more';
import { notifyDone } from '../../../components/notify';
import { notifyProblem } from '../../../components/notify-problem';
import { Page } from '../../../components/page';
import { QueryView } from '../../../components/query-view';
import { type Column, RecordTable } from '../../../components/record-table';
import { EmptyState } from '../../../components/states';
import { TimeAgo } from '../../../components/time-ago';
import { text } from '../../../text';

const words = text.admin.users;
const pageSize = 50;
const typingMs = 250;

type Account = Schemas['Account'];
interface Change {
  account: Account;
  to: { role?: Account['grantedRole']; disabled?: boolean; agentAllowed?: boolean };
}

export function UsersPage() {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed.trim(), typingMs);
  const users = useInfiniteQuery({
    queryKey: [...keys.users, 'list', search],
    queryFn: ({ pageParam }) => body(api.GET('/api/users', { params: { query: { limit: pageSize, after: pageParam, search: search || undefined } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  });
  const { asked, wish, pending, error, confirm, forget } = useAccountChange();
  return (
    <Page title={words.title} description={words.description} wide>
      <TextInput
        label={words.search}
        placeholder={words.searchHint}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        maw={420}
      />
      <QueryView
        query={users}
        what={words.what}
        isEmpty={(data) => data.pages.every((page) => page.items.length === 0)}
        empty={
          <EmptyState icon={IconUsers} title={search ? words.noMatch : words.empty}>
            {search ? words.noMatchHint : words.emptyHint}
          </EmptyState>
        }
      >
        {(data) => (
          <>
            <Paper withBorder p="xs">
              <UserTable accounts={data.pages.flatMap((page) => page.items)} onChange={wish} />
            </Paper>
            <LoadMore query={users} />
          </>
        )}
      </QueryView>
      <ConfirmDialog
        opened={asked !== null}
        title={asked?.to.disabled ? words.askDisable(asked.account.name) : words.askSelf}
        confirmLabel={asked?.to.disabled ? words.shutOut : words.goOn}
        danger
        pending={pending}
        error={error}
        onConfirm={confirm}
        onClose={forget}
      >
        {asked?.to.disabled ? words.askDisableHint : words.askSelfHint}
      </ConfirmDialog>
    </Page>
  );
}

// Changes at once what can be changed back, and asks before what hurts.
function useAccountChange() {
  const me = useAccount();
  const queryClient = useQueryClient();
  const [asked, setAsked] = useState<Change | null>(null);
  const change = useMutation({
    mutationFn: ({ account, to }: Change) =>
      body(api.PATCH('/api/users/{id}', { params: { path: { id: account.id }, header: { 'If-Match': `"${account.generation}"` } }, body: to })),
    onSuccess: (after) => {
      setAsked(null);
      notifyDone(words.saved(after.name));
      void queryClient.invalidateQueries({ queryKey: keys.users });
      if (after.id === me.id) void queryClient.invalidateQueries({ queryKey: keys.session });
    },
    onError: (error) => {
      void queryClient.invalidateQueries({ queryKey: keys.users });
      if (asked === null) notifyProblem(error);
    },
  });
  const wish = (wanted: Change) => {
    const losesOwnRole = wanted.account.id === me.id && wanted.to.role === 'user';
    change.reset();
    if (wanted.to.disabled || losesOwnRole) setAsked(wanted);
    else change.mutate(wanted);
  };
  return { asked, wish, pending: change.isPending, error: change.error, confirm: () => asked && change.mutate(asked), forget: () => setAsked(null) };
}

function UserTable({ accounts, onChange }: { accounts: Account[]; onChange: (change: Change) => void }) {
  const me = useAccount();
  const columns: Column<Account>[] = [
    { id: 'name', label: words.columns.name, cell: (account) => <NameCell account={account} own={account.id === me.id} /> },
    { id: 'role', label: words.columns.role, cell: (account) => <RoleCell account={account} onChange={onChange} /> },
    {
      id: 'access',
      label: words.columns.access,
      cell: (account) => (
        <Switch
          aria-label={words.accessOf(account.name)}
          checked={!account.disabled}
          onChange={(event) => onChange({ account, to: { disabled: !event.currentTarget.checked } })}
        />
      ),
    },
    {
      id: 'agent',
      label: words.columns.agent,
      cell: (account) => (
        <Switch
          aria-label={words.agentOf(account.name)}
          checked={account.agentAllowed}
          onChange={(event) => onChange({ account, to: { agentAllowed: event.currentTarget.checked } })}
        />
      ),
    },
    {
      id: 'lastSignIn',
      label: words.columns.lastSignIn,
      cell: (account) => (account.lastSignInAt ? <TimeAgo iso={account.lastSignInAt} /> : text.admin.agentWords.never),
    },
  ];
  return <RecordTable label={words.table} columns={columns} rows={accounts} rowKey={(account) => account.id} />;
}

function NameCell({ account, own }: { account: Account; own: boolean }) {
  return (
    <>
      <Group gap={6}>
        <Text size="sm" fw={600}>
          {account.name}
        </Text>
        {own && (
          <Badge size="sm" variant="light" tt="none">
            {words.you}
          </Badge>
        )}
      </Group>
      <Text size="xs" c="dimmed">
        {[account.email, words.source[account.source]].filter(Boolean).join(' · ')}
      </Text>
    </>
  );
}

// What the sign-in says is the role unless an admin gave another.
function RoleCell({ account, onChange }: { account: Account; onChange: (change: Change) => void }) {
  const inherited = account.grantedRole === null ? words.asSignInSays(words.roles[account.role]) : words.asSignInSays(null);
  return (
    <Select
      aria-label={words.roleOf(account.name)}
      size="xs"
      data={[
        { value: 'none', label: inherited },
        { value: 'user', label: words.alwaysRole(words.roles.user) },
        { value: 'admin', label: words.alwaysRole(words.roles.admin) },
      ]}
      value={account.grantedRole ?? 'none'}
      onChange={(value) => {
        const role = value === 'user' || value === 'admin' ? value : null;
        if (role !== account.grantedRole) onChange({ account, to: { role } });
      }}
      allowDeselect={false}
      w={240}
      maw="100%"
    />
  );
}
