// Who gets to which pages: first set-up, then signing in, then the pages; those of admins look to others like pages that
// do not exist, as the server has it.
import type { ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';

import { useAccount, useOnboardingStatus, useSession } from '../api/session';
import { ProblemAlert } from '../components/problem-alert';
import { LoadingState } from '../components/states';
import { NotFoundPage } from '../pages/not-found-page';

export function SignedInOnly({ children }: { children: ReactNode }) {
  const session = useSession();
  const onboarding = useOnboardingStatus();
  const { pathname, search } = useLocation();
  const failed = session.isError ? session : onboarding.isError ? onboarding : null;
  const again = () => [session, onboarding].forEach((question) => question.isError && void question.refetch());
  if (failed && failed.data === undefined) return <ProblemAlert error={failed.error} onRetry={again} />;
  if (!session.data || !onboarding.data) return <LoadingState />;
  if (!onboarding.data.completed) return <Navigate to="/onboarding" replace />;
  if (!session.data.signedIn) return <Navigate to={`/sign-in?next=${encodeURIComponent(pathname + search)}`} replace />;
  return children;
}

export function AdminsOnly({ children }: { children: ReactNode }) {
  return useAccount().role === 'admin' ? children : <NotFoundPage />;
}
