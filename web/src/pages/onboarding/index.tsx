import { NotFoundPage } from '../not-found-page';

export default function OnboardingPage() {
  return <NotFoundPage />;
}
