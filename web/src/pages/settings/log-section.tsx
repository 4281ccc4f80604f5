// What one's own agent has written, asked for on demand: reading it costs the engine something, and it may hold what was
// said. Kept nowhere once the page is left.
import { Button, Text } from '@mantine/core';
import { IconFileText, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api, body } from '../../api/client';
import { keys } from '../../api/queries';
import { QueryView } from '../../components/query-view';
import { ScrolledToEnd } from '../../components/scrolled-to-end';
import { Section } from '../../components/section';
import { text } from '../../text';
import { clock } from '../../text/format';
import classes from './log-section.module.css';

const words = text.settings.container;
const tail = 200;

async function readLog() {
  return body(api.GET('/api/container/log', { params: { query: { tail } } }));
}
type Log = Awaited<ReturnType<typeof readLog>>;

export function LogSection() {
  const [shown, setShown] = useState(false);
  const log = useQuery({ queryKey: keys.ownLog, queryFn: readLog, enabled: shown, gcTime: 0, refetchOnWindowFocus: false });
  const Icon = shown ? IconRefresh : IconFileText;
  const look = () => (shown ? void log.refetch() : setShown(true));
  return (
    <Section
      title={words.log}
      description={words.logHint}
      actions={
        <Button variant="default" leftSection={<Icon size={16} aria-hidden />} loading={log.isFetching} onClick={look}>
          {shown ? words.refreshLog : words.showLog}
        </Button>
      }
    >
      {shown && (
        <QueryView query={log} what={words.logWhat} isEmpty={({ items }) => items.length === 0} empty={<Text c="dimmed">{words.noLog}</Text>}>
          {(read) => <Lines log={read} />}
        </QueryView>
      )}
    </Section>
  );
}

function Lines({ log }: { log: Log }) {
  return (
    <>
      {log.cut && (
        <Text size="xs" c="dimmed">
          {words.logCut}
        </Text>
      )}
      <ScrolledToEnd watched={log} label={words.logLines} className={classes.lines}>
        {log.items.map(({ at, error, text: line }, index) => (
          <div key={`${at}/${index}`} data-error={error || undefined}>
            <time dateTime={at}>{clock(at)}</time> {error && <b>{words.logError} </b>}
            {line}
          </div>
        ))}
      </ScrolledToEnd>
    </>
  );
}
