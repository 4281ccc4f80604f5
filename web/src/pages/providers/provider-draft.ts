// A provider while somebody edits it, and what is sent of it.
import type { Schemas } from '../../api/client';

export type ProviderType = Schemas['ProviderType'];
export type Provider = Schemas['Provider'];
type ApiType = NonNullable<Schemas['ProviderInput']['apiType']>;

export interface ProviderDraft {
  type: ProviderType;
  displayName: string;
  baseUrl: string;
  apiType: ApiType | '';
  apiKey: string;
  models: string[];
  isActive: boolean;
}

export const providerTypes: ProviderType[] = ['openai', 'anthropic', 'zai', 'ollama', 'custom'];
export const apiTypes: ApiType[] = ['openai-completions', 'openai-responses', 'anthropic-messages', 'google-generative-ai', 'azure-openai-responses'];

export function emptyDraft(): ProviderDraft {
  return { type: 'openai', displayName: 'OpenAI', baseUrl: '', apiType: '', apiKey: '', models: [], isActive: true };
}

export function draftOf(provider: Provider): ProviderDraft {
  return {
    type: provider.type,
    displayName: provider.displayName,
    baseUrl: provider.baseUrl ?? '',
    apiType: (apiTypes.find((type) => type === provider.apiType) ?? '') as ApiType | '',
    apiKey: '',
    models: provider.models.map((model) => model.id),
    isActive: provider.isActive,
  };
}

// Under which the agent's configuration and model references know it: "My LLM" is "my-llm".
export function nameFrom(displayName: string): string {
  const plain = displayName
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48)
    .replace(/-+$/, '');
  return plain || 'provider';
}

export function needsBaseUrl(type: ProviderType): boolean {
  return type === 'ollama' || type === 'custom';
}

// The stored key counts only for the kind and address that it was entered for.
export function voidsKey(draft: ProviderDraft, present: Provider | undefined): boolean {
  return !!present?.hasKey && (draft.type !== present.type || draft.baseUrl.trim() !== (present.baseUrl ?? ''));
}

export function connectionOf(draft: ProviderDraft) {
  return {
    type: draft.type,
    baseUrl: draft.baseUrl.trim() || null,
    apiType: draft.apiType || null,
    apiKey: draft.apiKey || null,
  };
}

// Without apiKey the stored one stays. A model that was there keeps what else is known of it.
export function inputOf(draft: ProviderDraft, present: Provider | undefined): Schemas['ProviderInput'] {
  const known = new Map(present?.models.map((model) => [model.id, model]));
  return {
    name: present?.name ?? nameFrom(draft.displayName),
    displayName: draft.displayName.trim() || null,
    type: draft.type,
    baseUrl: draft.baseUrl.trim() || null,
    apiType: draft.apiType || null,
    models: draft.models.map((id) => known.get(id) ?? { id }),
    isActive: draft.isActive,
    ...(draft.apiKey ? { apiKey: draft.apiKey } : {}),
  };
}
