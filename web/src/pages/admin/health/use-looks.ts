// The metrics, looked at every few seconds while the page is open; the last looks are kept for the plots.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { api, body } from '../../../api/client';
import { keys } from '../../../api/queries';
import { parseMetrics } from './metrics';
import type { Look } from './series';

export const lookEveryMs = 5_000;
export const looksKept = 60;

export function useLooks() {
  const [looks, setLooks] = useState<Look[]>([]);
  const query = useQuery({
    queryKey: [...keys.health, 'metrics'],
    queryFn: async () => {
      const answer = (await body(api.GET('/metrics', { parseAs: 'text' }))) as unknown as string;
      return { at: Date.now(), samples: parseMetrics(answer) } satisfies Look;
    },
    refetchInterval: lookEveryMs,
    staleTime: 0,
    gcTime: 0,
  });
  const { data } = query;
  useEffect(() => {
    if (data) setLooks((before) => [...before, data].slice(-looksKept));
  }, [data]);
  return { query, looks };
}
