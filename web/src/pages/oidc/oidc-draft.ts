// The identity provider while somebody edits it, and what is sent of it.
import type { Schemas } from '../../api/client';

export interface OidcDraft {
  issuerUrl: string;
  clientId: string;
  clientSecret: string;
  label: string;
  scopes: string;
  roleClaim: string;
  adminValue: string;
  userValue: string;
  privateAddresses: boolean;
}

export function oidcDraftOf(oidc: Schemas['Oidc'] | null | undefined): OidcDraft {
  return {
    issuerUrl: oidc?.issuerUrl ?? '',
    clientId: oidc?.clientId ?? '',
    clientSecret: '',
    label: oidc?.label ?? '',
    scopes: oidc?.scopes ?? '',
    roleClaim: oidc?.roleClaim ?? '',
    adminValue: oidc?.adminValue ?? '',
    userValue: oidc?.userValue ?? '',
    privateAddresses: oidc?.privateAddresses ?? false,
  };
}

// Without clientSecret the stored one stays.
export function oidcInputOf(draft: OidcDraft): Schemas['OidcInput'] {
  return {
    issuerUrl: draft.issuerUrl.trim(),
    clientId: draft.clientId.trim(),
    ...(draft.clientSecret ? { clientSecret: draft.clientSecret } : {}),
    label: draft.label.trim() || null,
    scopes: draft.scopes.trim() || null,
    roleClaim: draft.roleClaim.trim() || null,
    adminValue: draft.adminValue.trim() || null,
    userValue: draft.userValue.trim() || null,
    privateAddresses: draft.privateAddresses,
  };
}
