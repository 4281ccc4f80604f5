// Talking to one's own agent.
import { Alert, Button, Center, Group, Modal, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconMoonStars } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Navigate, useNavigate, useParams } from 'react-router';
import { Route, Routes } from 'react-router';

import { api, body } from '../../api/client';
import { asProblem } from '../../api/problem';
import { keys } from '../../api/queries';
import { useAccount } from '../../api/session';
import { LoadingState } from '../../components/states';
import { text } from '../../text';
import { type ChatStore, chatStoreOf, type Message } from './chat-store';
import classes from './chat.module.css';
import { Composer } from './composer';
import { ConversationList } from './conversation-list';
import { type Conversation, newConversation, readConversations, sessionOf, titleFrom, writeConversations } from './conversations';
import { MessageView } from './message-view';
import { WakeLine } from './wake-line';

const words = text.chat;

export default function ChatPages() {
  return (
    <Routes>
      <Route path=":conversation" element={<ChatPage />} />
      <Route path="*" element={<LatestConversation />} />
    </Routes>
  );
}

function LatestConversation() {
  const [latest] = readConversations(useAccount().id);
  return <Navigate to={`/chat/${latest?.id ?? 'main'}`} replace />;
}

function ChatPage() {
  useDocumentTitle(`${words.title} · ${text.product}`);
  const account = useAccount();
  const navigate = useNavigate();
  const { conversation = 'main' } = useParams();
  const [list, setList] = useState(() => readConversations(account.id));
  const [removing, setRemoving] = useState<Conversation | null>(null);
  const store = chatStoreOf(account.id);
  const keep = (next: Conversation[]) => setList(writeConversations(account.id, next));
  const begin = () => {
    const unused = list.find(({ id, title }) => title === '' && id !== 'main');
    const next = unused ?? newConversation();
    if (!unused) keep([next, ...list]);
    void navigate(`/chat/${next.id}`);
  };
  const send = (message: string) => {
    const known = list.find(({ id }) => id === conversation) ?? { id: conversation, title: '' };
    const titled = { ...known, title: known.title || titleFrom(message) };
    keep([titled, ...list.filter(({ id }) => id !== conversation)]);
    void store.send(conversation, message);
  };
  const remove = (gone: Conversation) => {
    store.forget(gone.id);
    const rest = list.filter(({ id }) => id !== gone.id);
    keep(rest);
    setRemoving(null);
    if (gone.id === conversation) void navigate('/chat', { replace: true });
  };
  return (
    <div className={classes.page}>
      <Title order={1} className="visually-hidden">
        {words.title}
      </Title>
      <ConversationList list={list} current={conversation} onNew={begin} onRemove={setRemoving} />
      <TalkView key={conversation} store={store} conversation={conversation} onSend={send} />
      <Modal opened={removing !== null} onClose={() => setRemoving(null)} title={words.deleteTitle} closeButtonProps={{ 'aria-label': text.actions.close }}>
        <Text size="sm" mb="md">
          {words.deleteHint}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setRemoving(null)}>
            {text.actions.cancel}
          </Button>
          <Button color="red" onClick={() => removing && remove(removing)} data-autofocus>
            {words.deleteLabel}
          </Button>
        </Group>
      </Modal>
    </div>
  );
}

interface TalkViewProps {
  store: ChatStore;
  conversation: string;
  onSend: (message: string) => void;
}

function TalkView({ store, conversation, onSend }: TalkViewProps) {
  const talk = useSyncExternalStore(store.subscribe, () => store.talk(conversation));
  const running = useSyncExternalStore(store.subscribe, () => store.isRunning(conversation));
  const queryClient = useQueryClient();
  const container = useQuery({ queryKey: keys.container, queryFn: () => body(api.GET('/api/container')) });
  // It was woken, or failed to: what other pages show of it is old.
  useEffect(() => {
    if (!running) void queryClient.invalidateQueries({ queryKey: keys.container });
  }, [running, queryClient]);
  const last = talk.messages.at(-1);
  return (
    <section className={classes.talk}>
      <ScrolledToEnd watched={talk}>
        <div className={classes.messages} role="log" aria-label={words.messages} aria-live="polite">
          {talk.messages.length === 0 && <Beginning store={store} conversation={conversation} />}
          {talk.messages.map((message) => (
            <MessageView
              key={message.id}
              message={message}
              waking={talk.wake !== null}
              onRetry={message === last && !running ? () => void store.retry(conversation) : undefined}
            />
          ))}
          {talk.wake && running && <WakeLine wake={talk.wake} usualMs={container.data?.estimatedStartMs ?? null} />}
        </div>
      </ScrolledToEnd>
      <div className={classes.foot}>
        <Composer running={running} onSend={onSend} onStop={() => store.stop(conversation)} />
      </div>
    </section>
  );
}

// Stays at the end while the end is what one looks at.
function ScrolledToEnd({ watched, children }: { watched: unknown; children: React.ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [watched]);
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    atEnd.current = scrollHeight - scrollTop - clientHeight < 80;
  };
  return (
    <div ref={box} className={classes.scroll} onScroll={onScroll} tabIndex={0} role="region" aria-label={words.messages}>
      {children}
    </div>
  );
}

// Before anything was said here: what the agent's own session has, or what to do.
function Beginning({ store, conversation }: { store: ChatStore; conversation: string }) {
  const container = useQuery({ queryKey: keys.container, queryFn: () => body(api.GET('/api/container')), refetchInterval: 3_000 });
  const awake = container.data?.phase === 'running';
  const history = useQuery({
    queryKey: ['conversation', conversation, awake],
    queryFn: () => body(api.GET('/api/conversations/{session}/messages', { params: { path: { session: sessionOf(conversation) } } })),
    enabled: awake,
    staleTime: 0,
  });
  const items = history.data?.items;
  useEffect(() => {
    if (!items) return;
    store.setHistory(
      conversation,
      items.map((item, index): Message => ({ id: `history-${index}`, role: item.role, text: item.text, state: 'done' })),
    );
  }, [items, store, conversation]);
  if (container.isPending || (awake && history.isPending)) return <LoadingState what={words.loadingHistory} />;
  return (
    <Center mih="40dvh">
      <Stack align="center" gap="md" maw={520}>
        <Title order={2} size="h3" ta="center">
          {words.emptyTitle}
        </Title>
        <Text c="dimmed" ta="center">
          {words.emptyHint}
        </Text>
        {history.isError && (
          <Alert color="yellow" title={words.historyFailed}>
            {asProblem(history.error).problem.detail}
          </Alert>
        )}
        {container.data?.id && !awake && <Asleep />}
      </Stack>
    </Center>
  );
}

function Asleep() {
  const queryClient = useQueryClient();
  const wake = useMutation({
    mutationFn: () => body(api.POST('/api/container/start')),
    onSuccess: (agent) => queryClient.setQueryData(keys.container, agent),
  });
  return (
    <Alert color="gray" icon={<IconMoonStars aria-hidden />} title={words.asleepTitle}>
      <Text size="sm">{words.asleepHint}</Text>
      <Button size="xs" variant="default" mt="sm" loading={wake.isPending} disabled={wake.isSuccess} onClick={() => wake.mutate()}>
        {wake.isSuccess ? words.waking.title : words.wake}
      </Button>
    </Alert>
  );
}
