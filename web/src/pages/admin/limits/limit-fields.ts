// Which limits there are, in which group, and how each is edited. What they mean is in the texts.
import type { Schemas } from '../../../api/client';
import { text } from '../../../text';

export type Limits = Schemas['Limits'];
export type LimitsInput = Schemas['LimitsInput'];
export type LimitName = keyof typeof text.admin.limits.fields;
export type LimitValue = string | number | boolean | string[];
export type LimitsDraft = Record<LimitName, LimitValue>;

export type LimitField =
  | { name: LimitName; shape: 'number'; min: number; max: number; step?: number }
  | { name: LimitName; shape: 'text' | 'flag' | 'ranges' | 'hosts' | 'tools' | 'access' | 'keys' };

const number = (name: LimitName, min: number, max: number, step?: number): LimitField => ({ name, shape: 'number', min, max, step });
const mostMinutes = 525_600;
const mostMb = 16_777_216;

export const toolProfiles = ['minimal', 'coding', 'messaging', 'full'];

export const limitGroups: Record<keyof typeof text.admin.limits.groups, LimitField[]> = {
  agents: [
    number('memoryMb', 64, 1_048_576, 256),
    number('cpuMilli', 100, 256_000, 100),
    number('pids', 32, 65_536, 32),
    { name: 'toolProfile', shape: 'tools' },
    { name: 'image', shape: 'text' },
  ],
  fleet: [
    number('maxRunningAgents', 0, 100_000),
    number('memoryBudgetMb', 0, mostMb, 1024),
    number('memoryReserveMb', 0, 1_048_576, 256),
    number('idleTimeoutMinMin', 1, mostMinutes),
    number('idleTimeoutMinMax', 1, mostMinutes),
  ],
  sleep: [
    { name: 'sleep.pause', shape: 'flag' },
    number('sleep.pausedMemoryMb', 0, mostMb, 1024),
    { name: 'sleep.hibernate', shape: 'flag' },
    number('sleep.hibernatedSwapMb', 0, mostMb, 1024),
    number('sleep.hibernateAfterMin', 0, mostMinutes),
    number('sleep.stopAfterMin', 0, mostMinutes),
  ],
  patience: [number('drainLimitMin', 0, 1440), number('stopGraceSec', 1, 600), number('startDeadlineSec', 5, 3600)],
  network: [
    { name: 'providerPrivateRanges', shape: 'ranges' },
    { name: 'providerKeys', shape: 'keys' },
    { name: 'egress.userAgents', shape: 'access' },
    { name: 'egress.systemAgents', shape: 'access' },
    { name: 'egress.hosts', shape: 'hosts' },
  ],
};

const names = Object.values(limitGroups).flatMap((fields) => fields.map(({ name }) => name));

export function limitsDraftOf(limits: Limits): LimitsDraft {
  return Object.fromEntries(names.map((name) => [name, limits[name] ?? ''])) as LimitsDraft;
}

const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);

// Only what differs is sent; an empty field is null: back to the default.
export function limitChanges(limits: Limits, draft: LimitsDraft): LimitsInput {
  const changed = names.filter((name) => !limits.fixed.includes(name) && !same(draft[name], limits[name] ?? ''));
  return Object.fromEntries(changed.map((name) => [name, draft[name] === '' ? null : draft[name]])) as LimitsInput;
}
