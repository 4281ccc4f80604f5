// Which conversations this browser lists, for each account: ids and titles. What was said is in the agent's own sessions.
// Bounded; a storage that is switched off means a list for this window only.
export interface Conversation {
  id: string;
  title: string; // empty: nothing was said yet
}

const atMost = 100;
export const titleLength = 60;
// Every browser knows this one, so that what was said in it is found from another browser too.
export const firstConversation: Conversation = { id: 'main', title: '' };

const keyOf = (accountId: string) => `mosaic-conversations:${accountId}`;

function isConversation(value: unknown): value is Conversation {
  const each = value as Partial<Conversation> | null;
  return typeof each?.id === 'string' && /^[a-z0-9-]{1,64}$/.test(each.id) && typeof each.title === 'string';
}

export function readConversations(accountId: string): Conversation[] {
  try {
    const value: unknown = JSON.parse(window.localStorage.getItem(keyOf(accountId)) ?? '[]');
    const list = Array.isArray(value) ? value.filter(isConversation).slice(0, atMost) : [];
    return list.length > 0 ? list : [firstConversation];
  } catch {
    return [firstConversation]; // storage is switched off, or somebody wrote something else there
  }
}

export function writeConversations(accountId: string, list: Conversation[]): Conversation[] {
  const kept = list.slice(0, atMost);
  try {
    window.localStorage.setItem(keyOf(accountId), JSON.stringify(kept));
  } catch {
    return kept; // for this window only
  }
  return kept;
}

export function newConversation(): Conversation {
  return { id: crypto.randomUUID(), title: '' };
}

export function titleFrom(message: string): string {
  const line = message.trim().split('\n')[0] ?? '';
  return line.length > titleLength ? `${line.slice(0, titleLength - 1)}…` : line;
}

// The name of the agent's own session. Dots, colons and dashes are allowed there.
export function sessionOf(conversationId: string): string {
  return `web:${conversationId}`;
}
