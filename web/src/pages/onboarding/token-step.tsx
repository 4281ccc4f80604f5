// For whoever came without the link that was printed with the one-time token.
import { Alert, Anchor, Button, Code, Paper, Stack, Text, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';

import { SecretInput } from '../../components/fields';
import { text } from '../../text';
import classes from './onboarding.module.css';

const words = text.onboarding.token;

export function TokenStep({ wrong, onToken }: { wrong: boolean; onToken: (token: string) => void }) {
  const [token, setToken] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onToken(token.trim());
  };
  return (
    <Paper withBorder p="lg" className={classes.narrow}>
      <form onSubmit={submit}>
        <Stack>
          <Title order={2} size="h3">
            {words.title}
          </Title>
          <Text>{words.explanation}</Text>
          {wrong && (
            <Alert color="red" title={words.wrong} role="alert">
              {words.wrongRemedy}
            </Alert>
          )}
          <SecretInput label={words.label} value={token} onChange={(event) => setToken(event.currentTarget.value)} required autoComplete="off" />
          <Text size="sm" c="dimmed">
            {words.again} <Code>{words.command}</Code>
          </Text>
          <Button type="submit" disabled={token.trim() === ''}>
            {words.submit}
          </Button>
          <Anchor component={Link} to="/sign-in?next=/onboarding" size="sm">
            {words.signIn}
          </Anchor>
        </Stack>
      </form>
    </Paper>
  );
}
