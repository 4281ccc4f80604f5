// The administrator who can always sign in. Once made, this window is signed in as them, so that a reload needs no token.
import { Alert, Button, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';

import { api, body } from '../../api/client';
import { keys } from '../../api/queries';
import { fieldError, SecretInput } from '../../components/fields';
import { ProblemAlert } from '../../components/problem-alert';
import { text } from '../../text';
import { StepButtons } from './step-buttons';
import type { AdminDraft, StepProps } from './wizard-drafts';

const words = text.onboarding.breakglass;

export function AdminStep({ setUp, draft, onChange, onSaved, onNext }: StepProps<AdminDraft>) {
  const queryClient = useQueryClient();
  const signIn = useMutation({
    mutationFn: () => body(api.POST('/api/auth/sign-in', { body: { username: draft.username.trim(), password: draft.password } })),
  });
  const save = useMutation({
    mutationFn: async () => {
      const status = await body(api.POST('/api/onboarding/breakglass', { body: { username: draft.username.trim(), password: draft.password } }));
      const session = await signIn.mutateAsync();
      return { status, session };
    },
    onSuccess: ({ status, session }) => {
      onChange({ ...draft, password: '', repeated: '' });
      onSaved(status);
      queryClient.setQueryData(keys.session, session);
    },
  });
  const mismatch = draft.repeated !== '' && draft.repeated !== draft.password;
  const complete = draft.username.trim() !== '' && draft.password !== '' && draft.repeated === draft.password;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (complete) save.mutate();
  };
  const { done, username } = setUp.breakglass;
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>{words.explanation}</Text>
        {done && <Alert color="teal">{words.exists(username ?? '')}</Alert>}
        <TextInput
          label={words.username}
          value={draft.username}
          onChange={(event) => onChange({ ...draft, username: event.currentTarget.value })}
          autoComplete="username"
          required
          error={fieldError(save.error, 'username')}
        />
        <SecretInput
          label={words.password}
          description={words.passwordHint}
          value={draft.password}
          onChange={(event) => onChange({ ...draft, password: event.currentTarget.value })}
          autoComplete="new-password"
          required={!done}
          error={fieldError(save.error, 'password')}
        />
        <SecretInput
          label={words.repeat}
          value={draft.repeated}
          onChange={(event) => onChange({ ...draft, repeated: event.currentTarget.value })}
          autoComplete="new-password"
          required={!done}
          error={mismatch ? words.mismatch : undefined}
        />
        {signIn.isError && <Alert color="yellow" title={words.signInFailed} />}
        {save.isError && <ProblemAlert error={save.error} />}
        <StepButtons>
          {done && draft.password === '' ? (
            <Button onClick={onNext}>{text.onboarding.goOn}</Button>
          ) : (
            <Button type="submit" loading={save.isPending} disabled={!complete}>
              {text.onboarding.saveAndGoOn}
            </Button>
          )}
        </StepButtons>
      </Stack>
    </form>
  );
}
