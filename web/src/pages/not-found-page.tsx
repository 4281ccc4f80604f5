import { Button } from '@mantine/core';
import { Link } from 'react-router';

import { Page } from '../components/page';
import { EmptyState } from '../components/states';
import { text } from '../text';

export function NotFoundPage() {
  return (
    <Page title={text.problems.notFoundTitle}>
      <EmptyState
        title={text.problems.notFoundDetail}
        action={
          <Button component={Link} to="/">
            {text.problems.home}
          </Button>
        }
      />
    </Page>
  );
}
