// Name and password (breakglass), and the identity provider when there is one.
import { Alert, Button, Divider, Paper, PasswordInput, Stack, TextInput, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Navigate, useNavigate, useSearchParams } from 'react-router';

import { api, body } from '../api/client';
import { keys } from '../api/queries';
import { useSession } from '../api/session';
import { ProblemAlert } from '../components/problem-alert';
import { Logo } from '../shell/logo';
import { text } from '../text';
import { safeNextPath } from './next-path';
import classes from './sign-in-page.module.css';

const words = text.shell.signIn;

export function SignInPage() {
  useDocumentTitle(`${words.title} · ${text.product}`);
  const [search] = useSearchParams();
  const next = safeNextPath(search.get('next'));
  const session = useSession();
  const methods = useQuery({ queryKey: keys.signInMethods, queryFn: () => body(api.GET('/api/auth/methods')) });
  const error = search.get('error');
  if (session.data?.signedIn) return <Navigate to={next} replace />;
  return (
    <main className={classes.page}>
      <Logo />
      <Paper withBorder p="xl" className={classes.card}>
        <Stack>
          <Title order={1} size="h3">
            {words.title}
          </Title>
          {error && (
            <Alert color="red" title={words.failed} role="alert">
              {error === 'denied' ? words.errors.denied : words.errors.default}
            </Alert>
          )}
          {methods.data?.oidc.enabled && (
            <>
              <Button component="a" href={`/api/auth/oidc/start?next=${encodeURIComponent(next)}`} size="md">
                {words.oidc(methods.data.oidc.label)}
              </Button>
              <Divider label={words.or} labelPosition="center" />
            </>
          )}
          <PasswordForm next={next} />
        </Stack>
      </Paper>
    </main>
  );
}

function PasswordForm({ next }: { next: string }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    mutationFn: () => body(api.POST('/api/auth/sign-in', { body: { username, password } })),
    onSuccess: (session) => {
      queryClient.clear();
      queryClient.setQueryData(keys.session, session);
      void navigate(next, { replace: true });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label={words.username} autoComplete="username" required value={username} onChange={(e) => setUsername(e.currentTarget.value)} />
        <PasswordInput
          label={words.password}
          autoComplete="current-password"
          required
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        {signIn.isError && <ProblemAlert error={signIn.error} />}
        <Button type="submit" loading={signIn.isPending}>
          {words.submit}
        </Button>
      </Stack>
    </form>
  );
}
