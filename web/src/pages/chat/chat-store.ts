// What is being said, in this window's memory: it goes on while one looks at another page, and ends with the account.
// Readers subscribe; every change makes a new snapshot of the one conversation that changed.
import { asProblem, type ProblemError } from '../../api/problem';
import { sessionOf } from './conversations';
import { streamReply, type WakeProgress } from './stream-reply';

export interface Message {
  id: string;
  role: 'user' | 'assistant';
  text: string;
  state: 'done' | 'streaming' | 'stopped' | 'failed';
  error?: ProblemError;
}

export interface Talk {
  messages: Message[];
  wake: { progress: WakeProgress; since: number } | null; // while the agent is not awake yet
  recorded: boolean; // the agent's own record is in it
  older: boolean; // that record left older messages out
}

const nothing: Talk = { messages: [], wake: null, recorded: false, older: false };

// Where in the agent's record begins what was said in this window: its messages are looked for from the end.
export function beginningOf(here: Message[], record: Pick<Message, 'role' | 'text'>[]): number {
  const asked = here.filter(({ role }) => role === 'user').reverse();
  return asked.reduce((end, { text }) => {
    const at = record.findLastIndex((each, index) => index < end && each.role === 'user' && each.text.trim() === text.trim());
    return at < 0 ? end : at;
  }, record.length);
}

export class ChatStore {
  private talks = new Map<string, Talk>();
  private running = new Map<string, AbortController>();
  private listeners = new Set<() => void>();

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  talk = (conversation: string): Talk => this.talks.get(conversation) ?? nothing;

  isRunning = (conversation: string): boolean => this.running.has(conversation);

  // The agent's own record, before what was said here meanwhile.
  takeRecord(conversation: string, record: Pick<Message, 'role' | 'text'>[], older: boolean) {
    this.change(conversation, (talk) => {
      const earlier = record.slice(0, beginningOf(talk.messages, record));
      const messages = earlier.map((each, index): Message => ({ ...each, id: `record-${index}`, state: 'done' }));
      return { ...talk, messages: [...messages, ...talk.messages], recorded: true, older };
    });
  }

  forget(conversation: string) {
    this.stop(conversation);
    this.talks.delete(conversation);
    this.tell();
  }

  async send(conversation: string, text: string) {
    const question: Message = { id: crypto.randomUUID(), role: 'user', text, state: 'done' };
    this.change(conversation, (talk) => ({ ...talk, messages: [...talk.messages, question] }));
    await this.answer(conversation, text);
  }

  // The last message again, in the place of the answer that failed or was stopped.
  async retry(conversation: string) {
    const { messages } = this.talk(conversation);
    const question = messages.findLast((message) => message.role === 'user');
    if (!question || this.isRunning(conversation)) return;
    const upTo = messages.lastIndexOf(question) + 1;
    this.change(conversation, (talk) => ({ ...talk, messages: talk.messages.slice(0, upTo) }));
    await this.answer(conversation, question.text);
  }

  stop(conversation: string) {
    this.running.get(conversation)?.abort();
  }

  private async answer(conversation: string, text: string) {
    const reply: Message = { id: crypto.randomUUID(), role: 'assistant', text: '', state: 'streaming' };
    const abort = new AbortController();
    this.running.set(conversation, abort);
    this.change(conversation, (talk) => ({ ...talk, messages: [...talk.messages, reply] }));
    const end = (change: Partial<Message>) => {
      this.running.delete(conversation);
      this.changeMessage(conversation, reply.id, (message) => ({ ...message, ...change }));
    };
    try {
      await streamReply({
        session: sessionOf(conversation),
        message: text,
        attempt: reply.id,
        signal: abort.signal,
        onWake: (progress) => this.change(conversation, (talk) => ({ ...talk, wake: { progress, since: talk.wake?.since ?? Date.now() } })),
        onText: (piece) => this.changeMessage(conversation, reply.id, (message) => ({ ...message, text: message.text + piece })),
      });
      end({ state: 'done' });
    } catch (error) {
      end(abort.signal.aborted ? { state: 'stopped' } : { state: 'failed', error: asProblem(error) });
    }
  }

  private changeMessage(conversation: string, id: string, change: (message: Message) => Message) {
    this.change(conversation, (talk) => ({
      ...talk,
      wake: null,
      messages: talk.messages.map((message) => (message.id === id ? change(message) : message)),
    }));
  }

  private change(conversation: string, change: (talk: Talk) => Talk) {
    this.talks.set(conversation, change(this.talk(conversation)));
    this.tell();
  }

  private tell() {
    for (const listener of this.listeners) listener();
  }
}

// One per account: nobody who signs in next finds what the one before said.
let current: { accountId: string; store: ChatStore } | null = null;
export function chatStoreOf(accountId: string): ChatStore {
  if (current?.accountId !== accountId) current = { accountId, store: new ChatStore() };
  return current.store;
}
