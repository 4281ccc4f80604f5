import { NotFoundPage } from '../not-found-page';

export default function SettingsPages() {
  return <NotFoundPage />;
}
