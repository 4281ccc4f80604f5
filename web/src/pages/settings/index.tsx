// What people set for themselves, below /settings.
import { Navigate, Route, Routes } from 'react-router';

import { NotFoundPage } from '../not-found-page';
import { AccountPage } from './account-page';
import { AgentPage } from './agent-page';
import { ContainerPage } from './container-page';
import { ProvidersPage } from './providers-page';
import { TokensPage } from './tokens-page';

export default function SettingsPages() {
  return (
    <Routes>
      <Route index element={<Navigate to="providers" replace />} />
      <Route path="providers" element={<ProvidersPage />} />
      <Route path="agent" element={<AgentPage />} />
      <Route path="container" element={<ContainerPage />} />
      <Route path="tokens" element={<TokensPage />} />
      <Route path="account" element={<AccountPage />} />
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  );
}
