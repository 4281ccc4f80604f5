import { Badge, Button, Group } from '@mantine/core';

import type { Schemas } from '../../api/client';
import { type Column, RecordTable } from '../../components/record-table';
import { text } from '../../text';
import { ago, dateTime } from '../../text/format';

const words = text.settings.tokens;
type Token = Schemas['Token'];

function endOf(token: Token): string {
  if (token.revokedAt) return words.revoked;
  if (!token.expiresAt) return words.neverEnds;
  return Date.parse(token.expiresAt) < Date.now() ? words.expired : dateTime(token.expiresAt);
}

function ScopeBadges({ token }: { token: Token }) {
  return (
    <Group gap={4}>
      {token.scopes.map((scope) => (
        <Badge key={scope} variant="default" tt="none">
          {scope}
        </Badge>
      ))}
    </Group>
  );
}

export function TokenTable({ list, onRevoke }: { list: Token[]; onRevoke: (token: Token) => void }) {
  const columns: Column<Token>[] = [
    { id: 'name', label: words.columns.name, cell: (token) => token.name },
    { id: 'scopes', label: words.columns.scopes, cell: (token) => <ScopeBadges token={token} /> },
    { id: 'created', label: words.columns.created, whole: true, cell: (token) => dateTime(token.createdAt) },
    { id: 'expires', label: words.columns.expires, whole: true, cell: endOf },
    { id: 'used', label: words.columns.used, cell: (token) => (token.lastUsedAt ? ago(token.lastUsedAt) : words.neverUsed) },
    {
      id: 'actions',
      label: words.columns.actions,
      hidden: true,
      actions: true,
      cell: (token) =>
        !token.revokedAt && (
          <Button size="compact-sm" variant="subtle" color="red" onClick={() => onRevoke(token)} aria-label={`${words.revoke}: ${token.name}`}>
            {words.revoke}
          </Button>
        ),
    },
  ];
  return <RecordTable label={words.title} columns={columns} rows={list} rowKey={(token) => token.id} />;
}
