import { Alert, Button, List, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';

import { api, body, sendSetUpToken } from '../../api/client';
import { keys } from '../../api/queries';
import { ProblemAlert } from '../../components/problem-alert';
import { text } from '../../text';
import { StepButtons } from './step-buttons';
import { type SetUp, stepNames } from './wizard-steps';

const words = text.onboarding.finish;

interface FinishStepProps {
  setUp: SetUp;
  missing: string[];
  onBack?: () => void;
}

export function FinishStep({ setUp, missing, onBack }: FinishStepProps) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const complete = useMutation({
    mutationFn: () => body(api.POST('/api/onboarding/complete', { body: {} })),
    onSuccess: async () => {
      sendSetUpToken(null);
      queryClient.removeQueries({ queryKey: [...keys.onboarding, 'wizard'] });
      queryClient.setQueryData(keys.onboarding, { completed: true });
      await navigate('/chat', { replace: true });
    },
  });
  const agents = setUp.agents.items.map((agent) => agent.name).join(', ');
  const providers = setUp.provider.items.map((provider) => provider.displayName).join(', ');
  const stillMissing = stepNames.filter((step) => missing.includes(step));
  return (
    <Stack>
      {stillMissing.length > 0 ? (
        <Alert color="yellow" title={words.missing}>
          {stillMissing.map((step) => text.onboarding.steps[step]).join(', ')}
        </Alert>
      ) : (
        <Text>{words.explanation}</Text>
      )}
      <List>
        <List.Item>
          {words.admin}: <b>{setUp.breakglass.username ?? words.none}</b>
        </List.Item>
        <List.Item>
          {words.oidc}: <b>{setUp.oidc.values?.issuerUrl ?? words.none}</b>
        </List.Item>
        <List.Item>
          {words.provider}: <b>{providers || words.none}</b>
        </List.Item>
        <List.Item>
          {words.agents}: <b>{agents || words.none}</b>
        </List.Item>
      </List>
      {complete.isError && <ProblemAlert error={complete.error} />}
      <StepButtons onBack={onBack}>
        <Button size="md" disabled={stillMissing.length > 0} loading={complete.isPending} onClick={() => complete.mutate()}>
          {words.submit}
        </Button>
      </StepButtons>
    </Stack>
  );
}
