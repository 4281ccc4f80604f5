import { Button, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';

import { api, body } from '../../api/client';
import { ProblemAlert } from '../../components/problem-alert';
import { text } from '../../text';
import { type OidcDraft, oidcInputOf } from '../oidc/oidc-draft';
import { OidcFields } from '../oidc/oidc-fields';
import { StepButtons } from './step-buttons';
import type { StepProps } from './wizard-drafts';

const words = text.onboarding.oidc;

export function OidcStep({ setUp, draft, onChange, onSaved, onNext, onBack }: StepProps<OidcDraft>) {
  const save = useMutation({
    mutationFn: (what: 'save' | 'skip') => body(api.POST('/api/onboarding/oidc', { body: what === 'skip' ? { skip: true } : oidcInputOf(draft) })),
    onSuccess: (status) => {
      onChange({ ...draft, clientSecret: '' });
      onSaved(status);
    },
  });
  const configured = setUp.oidc.values !== null;
  const complete = draft.issuerUrl.trim() !== '' && draft.clientId.trim() !== '';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate('save');
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>{words.explanation}</Text>
        <OidcFields draft={draft} onChange={onChange} hasSecret={setUp.oidc.values?.hasSecret ?? false} error={save.error} />
        {save.isError && <ProblemAlert error={save.error} />}
        <StepButtons onBack={onBack}>
          <Button variant="default" loading={save.isPending && save.variables === 'skip'} onClick={() => (configured ? onNext() : save.mutate('skip'))}>
            {configured ? text.onboarding.goOn : words.skip}
          </Button>
          <Button type="submit" disabled={!complete} loading={save.isPending && save.variables === 'save'}>
            {text.onboarding.saveAndGoOn}
          </Button>
        </StepButtons>
      </Stack>
    </form>
  );
}
