import { NotFoundPage } from '../not-found-page';

export default function ChatPage() {
  return <NotFoundPage />;
}
