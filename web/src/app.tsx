// Which page stands at which address. Pages are loaded when they are first opened.
import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';

import { LoadingState } from './components/states';
import { NotFoundPage } from './pages/not-found-page';
import { SignInPage } from './pages/sign-in-page';
import { AdminsOnly, SignedInOnly } from './shell/gates';
import { Layout } from './shell/layout';

const OnboardingPage = lazy(() => import('./pages/onboarding'));
const ChatPage = lazy(() => import('./pages/chat'));
const SettingsPages = lazy(() => import('./pages/settings'));
const AdminPages = lazy(() => import('./pages/admin'));

export function App() {
  return (
    <Suspense fallback={<LoadingState />}>
      <Routes>
        <Route path="onboarding" element={<OnboardingPage />} />
        <Route path="sign-in" element={<SignInPage />} />
        <Route
          element={
            <SignedInOnly>
              <Layout />
            </SignedInOnly>
          }
        >
          <Route index element={<Navigate to="/chat" replace />} />
          <Route path="chat/*" element={<ChatPage />} />
          <Route path="settings/*" element={<SettingsPages />} />
          <Route
            path="admin/*"
            element={
              <AdminsOnly>
                <AdminPages />
              </AdminsOnly>
            }
          />
          <Route path="*" element={<NotFoundPage />} />
        </Route>
      </Routes>
    </Suspense>
  );
}
