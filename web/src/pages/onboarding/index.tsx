// First boot: the administrator, the identity provider, the first provider, the platform's own agents. What was entered
// on a page stays while one goes back and forth; what was saved is the server's, so that a reload goes on where one was.
import { Paper, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Navigate, useLocation, useNavigate, useSearchParams } from 'react-router';

import { api, body, type Schemas, sendSetUpToken } from '../../api/client';
import { keys } from '../../api/queries';
import { useSession } from '../../api/session';
import { ErrorBoundary } from '../../components/error-boundary';
import { ProblemAlert } from '../../components/problem-alert';
import { LoadingState } from '../../components/states';
import { Logo } from '../../shell/logo';
import { text } from '../../text';
import { AdminStep } from './admin-step';
import { AgentsStep } from './agents-step';
import { FinishStep } from './finish-step';
import classes from './onboarding.module.css';
import { OidcStep } from './oidc-step';
import { ProviderStep } from './provider-step';
import { StepList } from './step-list';
import { TokenStep } from './token-step';
import { emptyDrafts, type WizardDrafts } from './wizard-drafts';
import { firstOpenStep, type SetUp, stepAfter, stepBefore, stepFrom, type StepName, stepNames, tokenIn } from './wizard-steps';

const words = text.onboarding;

export default function OnboardingPage() {
  useDocumentTitle(`${words.title} · ${text.product}`);
  const { hash } = useLocation();
  const navigate = useNavigate();
  const session = useSession();
  const token = tokenIn(hash);
  sendSetUpToken(token);
  const status = useQuery({
    queryKey: [...keys.onboarding, 'wizard', token],
    queryFn: () => body(api.GET('/api/onboarding/status')),
    enabled: session.data !== undefined,
  });
  const giveToken = (given: string) => void navigate({ pathname: '/onboarding', hash: `token=${given}` }, { replace: true });
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <Logo />
      </header>
      <main className={classes.main}>
        <Title order={1} size="h2" mb="lg">
          {words.title}
        </Title>
        <ErrorBoundary resetKey={hash}>
          {status.isPending && !session.isError && <LoadingState />}
          {session.isError && <ProblemAlert error={session.error} onRetry={() => void session.refetch()} />}
          {status.isError && <ProblemAlert error={status.error} onRetry={() => void status.refetch()} />}
          {status.data?.completed && <Navigate to="/" replace />}
          {status.data && !status.data.completed && !status.data.steps && <TokenStep wrong={token !== null} onToken={giveToken} />}
          {status.data && !status.data.completed && status.data.steps && <Wizard setUp={status.data.steps} missing={status.data.missing ?? []} />}
        </ErrorBoundary>
      </main>
    </div>
  );
}

function Wizard({ setUp, missing }: { setUp: SetUp; missing: string[] }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { hash } = useLocation();
  const [search] = useSearchParams();
  const [drafts, setDrafts] = useState<WizardDrafts>(() => emptyDrafts(setUp));
  const step = stepFrom(search.get('step')) ?? firstOpenStep(setUp);
  const goTo = (next: StepName) => void navigate({ pathname: '/onboarding', search: `step=${next}`, hash });
  // Every step's answer is the whole state of set-up.
  const saved = (status: Schemas['Onboarding']) => {
    queryClient.setQueriesData({ queryKey: [...keys.onboarding, 'wizard'] }, status);
    goTo(stepAfter(step));
  };
  const before = stepBefore(step);
  // Whoever goes by keyboard or hears the pages goes on at the new step's heading.
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(step);
  useEffect(() => {
    if (shown.current !== step) heading.current?.focus();
    shown.current = step;
  }, [step]);
  const shared = {
    setUp,
    onSaved: saved,
    onNext: () => goTo(stepAfter(step)),
    onBack: before ? () => goTo(before) : undefined,
  };
  const change =
    <K extends keyof WizardDrafts>(name: K) =>
    (value: WizardDrafts[K]) =>
      setDrafts((present) => ({ ...present, [name]: value }));
  return (
    <div className={classes.wizard}>
      <StepList setUp={setUp} current={step} onChoose={goTo} />
      <Paper withBorder p="lg" component="section" aria-labelledby="step-title">
        <Text size="sm" c="dimmed">
          {words.stepOf(stepNames.indexOf(step) + 1, stepNames.length)}
        </Text>
        <Title order={2} size="h3" id="step-title" mb="md" tabIndex={-1} ref={heading} className={classes.heading}>
          {words.steps[step]}
        </Title>
        {step === 'breakglass' && <AdminStep {...shared} draft={drafts.breakglass} onChange={change('breakglass')} />}
        {step === 'oidc' && <OidcStep {...shared} draft={drafts.oidc} onChange={change('oidc')} />}
        {step === 'provider' && <ProviderStep {...shared} draft={drafts.provider} onChange={change('provider')} />}
        {step === 'agents' && <AgentsStep {...shared} draft={drafts.agents} onChange={change('agents')} />}
        {step === 'finish' && <FinishStep {...shared} missing={missing} />}
      </Paper>
    </div>
  );
}
