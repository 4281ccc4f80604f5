import { describe, expect, it } from 'vitest';

import { firstOpenStep, type SetUp, stepFrom, tokenIn } from './wizard-steps';

function setUp(done: Partial<Record<'breakglass' | 'oidc' | 'provider' | 'agents', boolean>>): SetUp {
  return {
    breakglass: { done: done.breakglass ?? false, username: null },
    oidc: { done: done.oidc ?? false, skipped: false, values: null },
    provider: { done: done.provider ?? false, items: [] },
    agents: { done: done.agents ?? false, skipped: false, items: [], choices: [] },
  };
}

describe('the wizard', () => {
  it('goes on at the first step that is not done', () => {
    expect(firstOpenStep(setUp({}))).toBe('breakglass');
    expect(firstOpenStep(setUp({ breakglass: true, oidc: true }))).toBe('provider');
    expect(firstOpenStep(setUp({ breakglass: true, oidc: true, provider: true, agents: true }))).toBe('finish');
  });

  it('takes its token from the fragment alone, and no step that is none', () => {
    expect(tokenIn('#token=abc')).toBe('abc');
    expect(tokenIn('')).toBeNull();
    expect(stepFrom('nowhere')).toBeNull();
    expect(stepFrom('oidc')).toBe('oidc');
  });
});
