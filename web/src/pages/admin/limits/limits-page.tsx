// The fleet's limits and quotas. Only what differs is sent; what the environment fixes is shown and cannot be changed here.
import { Button, Group, NumberInput, Select, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { api, body, bodyWithTag } from '../../../api/client';
import { affectsOf, dryRun } from '../../../api/dry-run';
import { keys } from '../../../api/queries';
import { ConfirmChange } from '../../../components/confirm-change';
import { fieldError } from '../../../components/fields';
import { notifyEffects } from '../../../components/notify';
import { Page } from '../../../components/page';
import { QueryView } from '../../../components/query-view';
import { Section } from '../../../components/section';
import { text } from '../../../text';
import { withTitles } from '../agent-words';
import { useAccountNames } from '../use-account-names';
import { type LimitField, limitChanges, limitGroups, type Limits, type LimitsDraft, limitsDraftOf, type LimitValue, toolProfiles } from './limit-fields';
import classes from './limits-page.module.css';

const words = text.admin.limits;

export function LimitsPage() {
  const limits = useQuery({ queryKey: [...keys.limits, 'edit'], queryFn: () => bodyWithTag(api.GET('/api/settings/limits')), refetchOnWindowFocus: false });
  return (
    <Page title={words.title} description={words.description}>
      <QueryView query={limits} what={words.what}>
        {({ value, tag }) => <LimitsForm key={tag} limits={value} tag={tag} />}
      </QueryView>
    </Page>
  );
}

function LimitsForm({ limits, tag }: { limits: Limits; tag: string }) {
  const queryClient = useQueryClient();
  const names = useAccountNames();
  const [draft, setDraft] = useState(() => limitsDraftOf(limits));
  const [confirming, setConfirming] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  const changes = limitChanges(limits, draft);
  const count = Object.keys(changes).length;
  const send = (dry: boolean) => body(api.PUT('/api/settings/limits', { params: dry ? dryRun : { header: { 'If-Match': tag } }, body: changes }));
  const preview = async () => {
    try {
      return withTitles(affectsOf(await send(true)), names);
    } catch (error) {
      setRefusal(error); // the fields say what is wrong with each
      throw error;
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setRefusal(null);
    if (count > 0) setConfirming(true);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="lg">
        {(Object.keys(limitGroups) as (keyof typeof limitGroups)[]).map((group) => (
          <Section key={group} title={words.groups[group][0]} description={words.groups[group][1]}>
            <div className={classes.fields}>
              {limitGroups[group].map((field) => (
                <LimitInput
                  key={field.name}
                  field={field}
                  draft={draft}
                  fixed={limits.fixed.includes(field.name)}
                  error={fieldError(refusal, field.name)}
                  onChange={(value) => setDraft({ ...draft, [field.name]: value })}
                />
              ))}
            </div>
          </Section>
        ))}
        <Group className={classes.save}>
          <Button type="submit" disabled={count === 0}>
            {words.save}
          </Button>
          {count > 0 && (
            <Button variant="default" onClick={() => setDraft(limitsDraftOf(limits))}>
              {words.discard}
            </Button>
          )}
          <Text size="sm" c="dimmed" role="status">
            {count === 0 ? words.hint : words.changed(count)}
          </Text>
        </Group>
      </Stack>
      <ConfirmChange
        opened={confirming}
        title={words.saveTitle}
        preview={preview}
        apply={async () => notifyEffects(affectsOf(await send(false)))}
        onDone={() => {
          setConfirming(false);
          for (const queryKey of [keys.limits, keys.fleet]) void queryClient.invalidateQueries({ queryKey });
        }}
        onClose={() => setConfirming(false)}
      />
    </form>
  );
}

const choices = (labels: Record<string, string>) => Object.entries(labels).map(([value, label]) => ({ value, label }));
const accesses = choices(words.access);
const keyPlaces = choices(words.keys);

interface LimitInputProps {
  field: LimitField;
  draft: LimitsDraft;
  fixed: boolean;
  error?: string;
  onChange: (value: LimitValue) => void;
}

function LimitInput({ field, draft, fixed, error, onChange }: LimitInputProps) {
  const [label, hint] = words.fields[field.name];
  const value = draft[field.name];
  const shared = { label, description: fixed ? words.fixed : hint || undefined, disabled: fixed, error, name: field.name };
  switch (field.shape) {
    case 'number':
      return <NumberInput {...shared} value={value as number | string} onChange={onChange} min={field.min} max={field.max} step={field.step ?? 1} allowDecimal={false} />;
    case 'flag':
      return <Switch {...shared} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case 'tools':
      return <Select {...shared} data={toolProfiles} value={(value as string) || null} onChange={(chosen) => onChange(chosen ?? '')} allowDeselect={false} />;
    case 'access':
    case 'keys':
      return <Select {...shared} data={field.shape === 'keys' ? keyPlaces : accesses} value={(value as string) || null} onChange={(chosen) => onChange(chosen ?? '')} allowDeselect={false} />;
    case 'ranges':
    case 'hosts':
      return <TagsInput {...shared} className={classes.wide} value={value as string[]} onChange={onChange} splitChars={[',', ' ']} maxTags={field.shape === 'hosts' ? 128 : 32} clearable={false} />;
    case 'text':
      return <TextInput {...shared} className={classes.wide} value={value as string} onChange={(event) => onChange(event.currentTarget.value)} spellCheck={false} />;
  }
}
