import { Alert, Button, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';

import { api, body } from '../../api/client';
import { ProblemAlert } from '../../components/problem-alert';
import { text } from '../../text';
import { connectionOf, inputOf, needsBaseUrl, type ProviderDraft } from '../providers/provider-draft';
import { ProviderFields } from '../providers/provider-fields';
import { StepButtons } from './step-buttons';
import type { StepProps } from './wizard-drafts';

const words = text.onboarding.provider;

export function ProviderStep({ setUp, draft, onChange, onSaved, onNext, onBack }: StepProps<ProviderDraft>) {
  const [present] = setUp.provider.items;
  const save = useMutation({
    mutationFn: () => body(api.POST('/api/onboarding/provider', { body: inputOf(draft, present) })),
    onSuccess: (status) => {
      onChange({ ...draft, apiKey: '' });
      onSaved(status);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const complete = draft.displayName.trim() !== '' && (!needsBaseUrl(draft.type) || draft.baseUrl.trim() !== '');
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>
          {words.explanation} {words.testFirst}
        </Text>
        {present && <Alert color="teal">{words.exists(present.displayName)}</Alert>}
        <ProviderFields
          draft={draft}
          onChange={onChange}
          present={present}
          error={save.error}
          test={() => body(api.POST('/api/onboarding/provider/test', { body: connectionOf(draft) }))}
        />
        {save.isError && <ProblemAlert error={save.error} />}
        <StepButtons onBack={onBack}>
          {present && (
            <Button variant="default" onClick={onNext}>
              {text.onboarding.goOn}
            </Button>
          )}
          <Button type="submit" disabled={!complete} loading={save.isPending}>
            {text.onboarding.saveAndGoOn}
          </Button>
        </StepButtons>
      </Stack>
    </form>
  );
}
