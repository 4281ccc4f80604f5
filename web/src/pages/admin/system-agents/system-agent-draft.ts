// A system agent while somebody makes or edits it, and what is sent of it.
import type { Schemas } from '../../../api/client';
import type { AgentInFull } from '../agent/agent-page';

export interface SystemAgentDraft {
  name: string;
  role: string;
  primaryModel: string;
  providerId: string | null;
  isActive: boolean;
  memoryMb: number | string;
  cpuMilli: number | string;
  image: string;
}

export type DefaultAgent = Schemas['DefaultAgent'];

const blank: SystemAgentDraft = { name: '', role: '', primaryModel: '', providerId: null, isActive: true, memoryMb: '', cpuMilli: '', image: '' };

export function draftOfDefault(agent: DefaultAgent | null, models: string[]): SystemAgentDraft {
  const primaryModel = models.length === 1 ? (models[0] ?? '') : '';
  return agent ? { ...blank, name: agent.name, role: agent.role, memoryMb: agent.memoryMb, primaryModel } : { ...blank, primaryModel };
}

export function draftOfAgent(agent: AgentInFull): SystemAgentDraft {
  return {
    name: agent.name,
    role: agent.role ?? '',
    primaryModel: agent.primaryModel ?? '',
    providerId: agent.providerId ?? null,
    isActive: agent.isActive ?? true,
    memoryMb: agent.memoryMb ?? '',
    cpuMilli: agent.cpuMilli ?? '',
    image: agent.image ?? '',
  };
}

const orNull = (value: number | string) => (value === '' ? null : Number(value));

// All but the name, which is given once.
export function inputOf(draft: SystemAgentDraft) {
  return {
    role: draft.role.trim(),
    primaryModel: draft.primaryModel,
    providerId: draft.providerId,
    isActive: draft.isActive,
    memoryMb: orNull(draft.memoryMb),
    cpuMilli: orNull(draft.cpuMilli),
    image: draft.image.trim() || null,
  };
}

export function isComplete(draft: SystemAgentDraft): boolean {
  return draft.name.trim().length >= 2 && draft.role.trim() !== '' && draft.primaryModel !== '';
}
