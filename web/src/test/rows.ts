// What the server answers about people and agents, with what a test cares for set.
import type { Schemas } from '../api/client';

const day = '2026-11-24T12:00:00.000Z';

export function accountOf(set: Partial<Schemas['Account']>): Schemas['Account'] {
  const id = set.id ?? 'alice';
  return {
    id,
    source: 'oidc',
    issuer: 'https://id.example',
    name: id,
    email: null,
    role: 'user',
    grantedRole: null,
    disabled: false,
    agentAllowed: true,
    createdAt: day,
    lastSignInAt: null,
    generation: 1,
    ...set,
  };
}

export function agentOf(set: Partial<Schemas['FleetAgent']>): Schemas['FleetAgent'] {
  const owner = set.owner ?? 'alice';
  return {
    id: `agent-${owner}`,
    kind: 'user',
    owner,
    name: `mosaic-user-${owner}`,
    status: 'running',
    phase: 'running',
    reason: 'Ready',
    message: 'the gateway answers',
    desiredState: 'auto',
    uptimeSec: 60,
    idleTimeoutMin: 30,
    lastActiveAt: null,
    asleepSince: null,
    estimatedStartMs: null,
    deleting: false,
    generation: 1,
    role: null,
    isActive: true,
    image: null,
    memoryMb: null,
    cpuMilli: null,
    observedGeneration: 1,
    restartCount: 0,
    nextRetryAt: null,
    startedAt: day,
    readyAt: day,
    busyUntil: null,
    lastError: null,
    conditions: [],
    ...set,
  };
}

export function agentInFull(set: Partial<Schemas['FleetAgentInFull']>) {
  const effective = { image: 'agent:1', memoryMb: 1536, cpuMilli: 2000, pids: 256 };
  return { ...agentOf(set as Partial<Schemas['FleetAgent']>), effective, ...set };
}

export function limitsOf(set: Partial<Schemas['Limits']> = {}): Schemas['Limits'] {
  return {
    maxRunningAgents: 0,
    idleTimeoutMinMin: 1,
    idleTimeoutMinMax: 1440,
    image: 'agent:1',
    toolProfile: 'minimal',
    memoryMb: 1536,
    cpuMilli: 2000,
    pids: 256,
    memoryBudgetMb: 0,
    memoryReserveMb: 1024,
    drainLimitMin: 10,
    stopGraceSec: 30,
    startDeadlineSec: 180,
    providerPrivateRanges: [],
    providerKeys: 'delivered',
    'egress.userAgents': 'internet',
    'egress.systemAgents': 'internet',
    'egress.hosts': [],
    'sleep.pause': false,
    'sleep.pausedMemoryMb': 0,
    'sleep.hibernate': false,
    'sleep.hibernatedSwapMb': 0,
    'sleep.hibernateAfterMin': 0,
    'sleep.stopAfterMin': 0,
    fixed: [],
    ...set,
  };
}

export function ownAgentOf(set: Partial<Schemas['OwnAgent']> = {}): Schemas['OwnAgent'] {
  return {
    id: 'a1',
    status: 'running',
    phase: 'running',
    reason: 'Ready',
    message: null,
    desiredState: 'auto',
    uptimeSec: 7200,
    idleTimeoutMin: 30,
    lastActiveAt: null,
    asleepSince: null,
    estimatedStartMs: 9400,
    deleting: false,
    generation: 1,
    ...set,
  };
}

export function usageOf(set: Partial<Schemas['AgentUsage']> = {}): Schemas['AgentUsage'] {
  return { kind: 'user', id: 'a1', owner: 'u1', memoryBytes: 734_003_200, memoryLimitBytes: 1_610_612_736, cpuMilli: 250, processes: 33, at: day, ...set };
}

export function pageOf<T>(items: T[], next: string | null = null) {
  return { items, next };
}
