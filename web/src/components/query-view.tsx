// A query's four states in one place: loading, failed, empty, there.
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { ProblemAlert } from './problem-alert';
import { LoadingState } from './states';

interface QueryViewProps<T> {
  query: UseQueryResult<T>;
  what?: string; // "your providers"
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  children: (data: T) => ReactNode;
}

export function QueryView<T>({ query, what, isEmpty, empty, children }: QueryViewProps<T>) {
  const again = () => void query.refetch();
  if (query.data !== undefined) {
    const nothing = isEmpty?.(query.data) ?? false;
    return (
      <>
        {query.isError && <ProblemAlert error={query.error} onRetry={again} />}
        {nothing ? empty : children(query.data)}
      </>
    );
  }
  if (query.isError) return <ProblemAlert error={query.error} onRetry={again} />;
  return <LoadingState what={what} />;
}
