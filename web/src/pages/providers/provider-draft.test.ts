import { describe, expect, it } from 'vitest';

import { draftOf, emptyDraft, inputOf, nameFrom, type Provider, voidsKey } from './provider-draft';

const present: Provider = {
  id: 'p1',
  name: 'Work.1',
  displayName: 'Work',
  type: 'custom',
  baseUrl: 'https://llm.example/v1',
  apiType: 'openai-completions',
  hasKey: true,
  models: [{ id: 'm1', name: 'Model 1', contextWindow: 8000 }],
  isActive: true,
  generation: 3,
};

describe('a provider', () => {
  it('keeps its stored key and what is known of its models when an edit does not speak of them', () => {
    const input = inputOf({ ...draftOf(present), models: ['m1', 'm2'] }, present);
    expect(input).not.toHaveProperty('apiKey');
    expect(input.name).toBe('Work.1');
    expect(input.models).toEqual([{ id: 'm1', name: 'Model 1', contextWindow: 8000 }, { id: 'm2' }]);
  });

  it('says that a stored key is void at another address or of another kind', () => {
    expect(voidsKey(draftOf(present), present)).toBe(false);
    expect(voidsKey({ ...draftOf(present), baseUrl: 'https://other.example/v1' }, present)).toBe(true);
    expect(voidsKey({ ...draftOf(present), type: 'openai' }, present)).toBe(true);
    expect(voidsKey(emptyDraft(), undefined)).toBe(false);
  });

  it('gets a name that references to its models can carry', () => {
    expect(nameFrom('My LLM, ünïcode!')).toBe('my-llm-unicode');
    expect(nameFrom('***')).toBe('provider');
    expect(nameFrom('a'.repeat(80))).toHaveLength(48);
  });
});
