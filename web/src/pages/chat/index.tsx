// Talking to one's own agent.
import { Alert, Button, Center, Group, Loader, Modal, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconMoonStars } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { Navigate, useNavigate, useParams } from 'react-router';
import { Route, Routes } from 'react-router';

import { api, body, type Schemas } from '../../api/client';
import { asProblem } from '../../api/problem';
import { keys } from '../../api/queries';
import { useAccount } from '../../api/session';
import { isAsleep } from '../../components/phase-badge';
import { ProblemAlert } from '../../components/problem-alert';
import { ScrolledToEnd } from '../../components/scrolled-to-end';
import { LoadingState } from '../../components/states';
import { text } from '../../text';
import { type ChatStore, chatStoreOf } from './chat-store';
import classes from './chat.module.css';
import { Composer } from './composer';
import { ConversationList } from './conversation-list';
import { type Conversation, newConversation, readConversations, titleFrom, writeConversations } from './conversations';
import { MessageView } from './message-view';
import { useHistory } from './use-history';
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
  const past = useHistory(store, conversation, talk.recorded, running);
  // It was woken, or failed to: what other pages show of it is old.
  useEffect(() => {
    if (!running) void queryClient.invalidateQueries({ queryKey: keys.container });
  }, [running, queryClient]);
  const last = talk.messages.at(-1);
  return (
    <section className={classes.talk}>
      <ScrolledToEnd watched={talk} label={words.messages} className={classes.scroll}>
        <div className={classes.messages} role="log" aria-label={words.messages} aria-live="polite">
          {talk.messages.length === 0 && <Beginning past={past} />}
          {talk.older && (
            <Text size="sm" c="dimmed" ta="center">
              {words.moreHistory}
            </Text>
          )}
          {past.history.isError && <HistoryFailed error={past.history.error} onRetry={() => void past.history.refetch()} />}
          {talk.messages.map((message) => (
            <MessageView
              key={message.id}
              message={message}
              waking={talk.wake !== null}
              onRetry={message === last && !running ? () => void store.retry(conversation) : undefined}
            />
          ))}
          {talk.wake && running && <WakeLine wake={talk.wake} usualMs={past.container.data?.estimatedStartMs ?? null} />}
        </div>
      </ScrolledToEnd>
      <div className={classes.foot}>
        <Composer running={running} onSend={onSend} onStop={() => store.stop(conversation)} />
      </div>
    </section>
  );
}

function HistoryFailed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <Alert color="yellow" title={words.historyFailed} role="alert">
      <Text size="sm">{asProblem(error).problem.detail}</Text>
      <Button size="xs" variant="default" mt="sm" onClick={onRetry}>
        {text.actions.retry}
      </Button>
    </Alert>
  );
}

// Before anything was said here: what the agent's own session has is on its way, or what to do.
function Beginning({ past: { container, awake, reading } }: { past: ReturnType<typeof useHistory> }) {
  if (container.isError && !container.data) return <ProblemAlert error={container.error} onRetry={() => void container.refetch()} />;
  if (container.isPending || reading) return <LoadingState what={words.loadingHistory} />;
  return (
    <Center mih="40dvh">
      <Stack align="center" gap="md" maw={520}>
        <Title order={2} size="h3" ta="center">
          {words.emptyTitle}
        </Title>
        {container.data?.id && !awake ? (
          <NotAwake agent={container.data} />
        ) : (
          <Text c="dimmed" ta="center">
            {words.emptyHint}
          </Text>
        )}
      </Stack>
    </Center>
  );
}

// Asleep, or on its way.
function NotAwake({ agent }: { agent: Schemas['OwnAgent'] }) {
  if (agent.phase === 'failed' || isAsleep(agent)) return <Asleep stopped={agent.desiredState === 'stopped'} />;
  return (
    <Group gap="sm" role="status">
      <Loader size="sm" aria-hidden />
      <Text size="sm">{text.phases[agent.phase]}</Text>
    </Group>
  );
}

function Asleep({ stopped }: { stopped: boolean }) {
  const queryClient = useQueryClient();
  const wake = useMutation({
    mutationFn: () => body(api.POST('/api/container/start')),
    onSuccess: (agent) => queryClient.setQueryData(keys.container, agent),
  });
  return (
    <>
      <Alert color="gray" icon={<IconMoonStars aria-hidden />} title={stopped ? words.stoppedTitle : words.asleepTitle}>
        <Text size="sm">{stopped ? words.stoppedHint : words.asleepHint}</Text>
        <Button size="xs" variant="default" mt="sm" loading={wake.isPending} onClick={() => wake.mutate()}>
          {stopped ? words.start : words.wake}
        </Button>
      </Alert>
      {wake.isError && <ProblemAlert error={wake.error} />}
    </>
  );
}
