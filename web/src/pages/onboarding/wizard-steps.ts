// The order of the wizard's pages, and where one goes on after a reload: the first step that is not done.
import type { Schemas } from '../../api/client';

export const stepNames = ['breakglass', 'oidc', 'provider', 'agents', 'finish'] as const;
export type StepName = (typeof stepNames)[number];
export type SetUp = NonNullable<Schemas['Onboarding']['steps']>;

export function isDone(step: StepName, setUp: SetUp): boolean {
  return step !== 'finish' && setUp[step].done;
}

export function firstOpenStep(setUp: SetUp): StepName {
  return stepNames.find((step) => !isDone(step, setUp)) ?? 'finish';
}

export function stepAfter(step: StepName): StepName {
  return stepNames[stepNames.indexOf(step) + 1] ?? 'finish';
}

export function stepBefore(step: StepName): StepName | null {
  return stepNames[stepNames.indexOf(step) - 1] ?? null;
}

export function stepFrom(word: string | null): StepName | null {
  return stepNames.find((step) => step === word) ?? null;
}

// The one-time token of "/onboarding#token=…"; a fragment is sent to nobody.
export function tokenIn(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token');
}
