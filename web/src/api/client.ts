// The typed client of the contract. Requests carry the session's cookie (same origin), say application/json when they
// change something, and become a ProblemError when they fail.
import createClient, { type Middleware } from 'openapi-fetch';

import { problemFrom } from './problem';
import type { components, paths } from './schema.gen';

export type Schemas = components['schemas'];

// The one-time token that sets a new installation up, while the wizard has one.
let setUpToken: string | null = null;
export function sendSetUpToken(token: string | null) {
  setUpToken = token;
}

const headers: Middleware = {
  onRequest({ request, schemaPath }) {
    const changes = request.method !== 'GET' && request.method !== 'HEAD';
    if (changes) request.headers.set('Content-Type', 'application/json');
    if (setUpToken && schemaPath.startsWith('/api/onboarding/')) request.headers.set('X-Mosaic-Setup-Token', setUpToken);
    return request;
  },
};

export const api = createClient<paths>({ baseUrl: window.location.origin, credentials: 'same-origin' });
api.use(headers);

// The body of a success; everything else is thrown as a ProblemError.
export async function body<T extends { data?: unknown; error?: unknown; response: Response }>(
  answer: Promise<T>,
): Promise<NonNullable<T['data']>> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemFrom(error, response);
  return data as NonNullable<T['data']>;
}

// Likewise, with the ETag that an edit sends back as If-Match.
export async function bodyWithTag<T extends { data?: unknown; error?: unknown; response: Response }>(
  answer: Promise<T>,
): Promise<{ value: NonNullable<T['data']>; tag: string }> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemFrom(error, response);
  return { value: data as NonNullable<T['data']>, tag: response.headers.get('ETag') ?? '*' };
}

