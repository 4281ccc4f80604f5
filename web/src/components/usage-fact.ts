// What a running agent uses, as one line of a list of facts.
import type { Schemas } from '../api/client';
import { text } from '../text';

export function usageFact({ memoryBytes, memoryLimitBytes, cpuMilli, processes }: Schemas['AgentUsage']): [name: string, value: string] {
  return [text.usage.label, text.usage.figures(memoryBytes, memoryLimitBytes, cpuMilli, processes)];
}
