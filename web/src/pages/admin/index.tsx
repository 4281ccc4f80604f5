// The pages of admins, below /admin.
import { Route, Routes } from 'react-router';

import { NotFoundPage } from '../not-found-page';

export default function AdminPages() {
  return (
    <Routes>
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  );
}
