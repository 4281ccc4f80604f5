// The pages of admins, below /admin; each is loaded when it is first opened.
import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';

import { LoadingState } from '../../components/states';
import { NotFoundPage } from '../not-found-page';

const FleetPage = lazy(async () => ({ default: (await import('./fleet/fleet-page')).FleetPage }));
const AgentPage = lazy(async () => ({ default: (await import('./agent/agent-page')).AgentPage }));
const SystemAgentsPage = lazy(async () => ({ default: (await import('./system-agents/system-agents-page')).SystemAgentsPage }));
const UsersPage = lazy(async () => ({ default: (await import('./users/users-page')).UsersPage }));
const AuthPage = lazy(async () => ({ default: (await import('./auth/auth-page')).AuthPage }));
const LimitsPage = lazy(async () => ({ default: (await import('./limits/limits-page')).LimitsPage }));
const AuditPage = lazy(async () => ({ default: (await import('./audit/audit-page')).AuditPage }));
const HealthPage = lazy(async () => ({ default: (await import('./health/health-page')).HealthPage }));

export default function AdminPages() {
  return (
    <Suspense fallback={<LoadingState />}>
      <Routes>
        <Route index element={<Navigate to="fleet" replace />} />
        <Route path="fleet" element={<FleetPage />} />
        <Route path="fleet/:kind/:id" element={<AgentPage />} />
        <Route path="system-agents" element={<SystemAgentsPage />} />
        <Route path="users" element={<UsersPage />} />
        <Route path="auth" element={<AuthPage />} />
        <Route path="limits" element={<LimitsPage />} />
        <Route path="audit" element={<AuditPage />} />
        <Route path="health" element={<HealthPage />} />
        <Route path="*" element={<NotFoundPage />} />
      </Routes>
    </Suspense>
  );
}
