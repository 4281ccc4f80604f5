import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { beginningOf, ChatStore, chatStoreOf } from './chat-store';

// The agent's side of one turn, written by the test piece by piece.
class Turn {
  private controller!: ReadableStreamDefaultController<Uint8Array>;
  readonly body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.controller = controller) });
  asked: { headers: Record<string, string>; body: { messages: { content: string }[] } } | null = null;
  signal: AbortSignal | null = null;

  send(text: string) {
    this.controller.enqueue(new TextEncoder().encode(text));
  }
  say(content: string) {
    this.send(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
  }
  end() {
    this.controller.close();
  }
  fail(error: unknown) {
    this.controller.error(error);
  }
}

let turns: Turn[];
let refusal: Response | null;

beforeEach(() => {
  turns = [];
  refusal = null;
  vi.stubGlobal('fetch', (_: string, request: RequestInit) => {
    if (refusal) return Promise.resolve(refusal);
    const turn = new Turn();
    turn.asked = { headers: request.headers as Record<string, string>, body: JSON.parse(request.body as string) as never };
    turn.signal = request.signal ?? null;
    request.signal?.addEventListener('abort', () => turn.fail(new DOMException('aborted', 'AbortError')));
    turns.push(turn);
    return Promise.resolve(new Response(turn.body));
  });
});

const saved = globalThis.fetch;
afterEach(() => void vi.stubGlobal('fetch', saved));

const texts = (store: ChatStore) => store.talk('main').messages.map(({ role, text, state }) => [role, text, state]);

describe('a chat', () => {
  it('sends only the new message, to the conversation’s own session, and grows with the reply', async () => {
    const store = new ChatStore();
    const sending = store.send('main', 'Hello');
    await vi.waitFor(() => expect(turns).toHaveLength(1));
    expect(turns[0]!.asked!.headers['X-Mosaic-Session']).toBe('web:main');
    expect(turns[0]!.asked!.body.messages).toEqual([{ role: 'user', content: 'Hello' }]);
    turns[0]!.say('Hi');
    await vi.waitFor(() => expect(texts(store)[1]).toEqual(['assistant', 'Hi', 'streaming']));
    turns[0]!.say(' there');
    turns[0]!.send('data: [DONE]\n\n');
    await sending;
    expect(texts(store)).toEqual([
      ['user', 'Hello', 'done'],
      ['assistant', 'Hi there', 'done'],
    ]);
    expect(store.isRunning('main')).toBe(false);
  });

  it('tells how far the agent’s waking is, until it speaks', async () => {
    const store = new ChatStore();
    const sending = store.send('main', 'Hello');
    await vi.waitFor(() => expect(turns).toHaveLength(1));
    turns[0]!.send(': mosaic {"phase":"starting","message":"the gateway is booting","remaining_ms":8000}\n\n: keep-alive\n\n');
    await vi.waitFor(() => expect(store.talk('main').wake?.progress).toEqual({ phase: 'starting', message: 'the gateway is booting', remaining_ms: 8000 }));
    turns[0]!.say('Hi');
    await vi.waitFor(() => expect(store.talk('main').wake).toBeNull());
    turns[0]!.send('data: [DONE]\n\n');
    await sending;
  });

  it('keeps what was said when it is stopped', async () => {
    const store = new ChatStore();
    const sending = store.send('main', 'Tell me much');
    await vi.waitFor(() => expect(turns).toHaveLength(1));
    turns[0]!.say('Once upon');
    await vi.waitFor(() => expect(texts(store)[1]?.[1]).toBe('Once upon'));
    store.stop('main');
    await sending;
    expect(texts(store)[1]).toEqual(['assistant', 'Once upon', 'stopped']);
    expect(turns[0]!.signal!.aborted).toBe(true);
  });

  it('asks again in the place of the answer that failed, as another attempt', async () => {
    const store = new ChatStore();
    const sending = store.send('main', 'Hello');
    await vi.waitFor(() => expect(turns).toHaveLength(1));
    turns[0]!.say('Hal');
    turns[0]!.end(); // without [DONE]
    await sending;
    expect(texts(store)[1]).toEqual(['assistant', 'Hal', 'failed']);
    const again = store.retry('main');
    await vi.waitFor(() => expect(turns).toHaveLength(2));
    turns[1]!.say('Hi');
    turns[1]!.send('data: [DONE]\n\n');
    await again;
    expect(texts(store)).toEqual([
      ['user', 'Hello', 'done'],
      ['assistant', 'Hi', 'done'],
    ]);
    expect(turns[1]!.asked!.headers['Idempotency-Key']).not.toBe(turns[0]!.asked!.headers['Idempotency-Key']);
  });

  it('says what the server says of a refusal, before or within the stream', async () => {
    const store = new ChatStore();
    const error = { message: 'Your agent has no model provider to talk to.', code: 'agent_not_configured' };
    refusal = new Response(JSON.stringify({ error }), { status: 409 });
    await store.send('main', 'Hello');
    expect(store.talk('main').messages[1]?.error?.type).toBe('agent-not-configured');
    refusal = null;
    const again = store.retry('main');
    await vi.waitFor(() => expect(turns).toHaveLength(1));
    turns[0]!.send(`data: ${JSON.stringify({ error })}\n\ndata: [DONE]\n\n`);
    await again;
    expect(store.talk('main').messages[1]?.error?.problem.detail).toBe(error.message);
  });

  it('gets the agent’s own record put before what was said here, without saying that twice', async () => {
    const store = new ChatStore();
    const sending = store.send('main', 'Which word?');
    await vi.waitFor(() => expect(turns).toHaveLength(1));
    turns[0]!.say('heron');
    turns[0]!.send('data: [DONE]\n\n');
    await sending;
    const record = [
      ['user', 'Which word?'],
      ['assistant', 'You told me none.'],
      ['user', 'Remember heron.'],
      ['assistant', 'I will.'],
      ['user', 'Which word?'],
      ['assistant', 'heron'],
    ].map(([role, text]) => ({ role: role as 'user', text: text! }));
    store.takeRecord('main', record, true);
    expect(texts(store).map(([, text]) => text)).toEqual(record.map(({ text }) => text));
    expect(store.talk('main')).toMatchObject({ recorded: true, older: true });
    expect(new Set(store.talk('main').messages.map(({ id }) => id)).size).toBe(6);
  });

  it('begins after all of a record that does not have it yet', () => {
    const here = [{ id: '1', role: 'user' as const, text: 'new', state: 'done' as const }];
    expect(beginningOf(here, [{ role: 'user', text: 'old' }, { role: 'assistant', text: 'yes' }])).toBe(2);
  });

  it('is nobody else’s: another account begins with nothing', async () => {
    const ada = chatStoreOf('ada');
    ada.takeRecord('main', [{ role: 'user', text: 'mine' }], false);
    expect(chatStoreOf('ada').talk('main').messages).toHaveLength(1);
    expect(chatStoreOf('bob').talk('main').messages).toHaveLength(0);
    expect(chatStoreOf('ada').talk('main').messages).toHaveLength(0);
  });
});
