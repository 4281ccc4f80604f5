// The next page of a list that comes in pages.
import { Button, Center } from '@mantine/core';

import { text } from '../text';
import { ProblemAlert } from './problem-alert';

interface LoadMoreProps {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; isFetchNextPageError: boolean; error: unknown; fetchNextPage: () => unknown };
  label?: string;
}

export function LoadMore({ query, label = text.actions.loadMore }: LoadMoreProps) {
  if (!query.hasNextPage) return null;
  return (
    <>
      {query.isFetchNextPageError && <ProblemAlert error={query.error} />}
      <Center>
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {label}
        </Button>
      </Center>
    </>
  );
}
