// What has been entered into the wizard and not saved yet; in this window's memory only.
import type { Schemas } from '../../api/client';
import { type OidcDraft, oidcDraftOf } from '../oidc/oidc-draft';
import { draftOf, emptyDraft, type ProviderDraft } from '../providers/provider-draft';
import type { SetUp } from './wizard-steps';

export interface AdminDraft {
  username: string;
  password: string;
  repeated: string;
}
export interface AgentsDraft {
  agents: string[];
  model: string | null;
}
export interface WizardDrafts {
  breakglass: AdminDraft;
  oidc: OidcDraft;
  provider: ProviderDraft;
  agents: AgentsDraft;
}

export interface StepProps<Draft> {
  setUp: SetUp;
  draft: Draft;
  onChange: (draft: Draft) => void;
  onSaved: (status: Schemas['Onboarding']) => void;
  onNext: () => void;
  onBack?: () => void;
}

export function emptyDrafts(setUp: SetUp): WizardDrafts {
  const [provider] = setUp.provider.items;
  return {
    breakglass: { username: setUp.breakglass.username ?? 'admin', password: '', repeated: '' },
    oidc: oidcDraftOf(setUp.oidc.values),
    provider: provider ? draftOf(provider) : emptyDraft(),
    agents: { agents: [], model: null },
  };
}
