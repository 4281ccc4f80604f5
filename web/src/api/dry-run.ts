// Answers of routes that take ?dryRun=true: what a change would do, or did.
import type { Schemas } from './client';

type Effects = Schemas['EffectList'];

export const dryRun = { query: { dryRun: true } } as const;

export function affectsOf(answer: Schemas['Affects'] | { effects?: Effects }): Effects {
  return 'affects' in answer ? answer.affects : (answer.effects ?? []);
}
