// A real identity provider (npm oidc-provider) on a port of this host, with keys, people and claims that a test changes.
import http from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import Provider from 'oidc-provider';

export const client = { id: 'mosaic', secret: 'a secret: with / odd & characters+' };
export const otherClient = { id: 'another', secret: 'another secret of the other client' };

function newKey(kind) {
  const pair = kind === 'EC' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = pair.privateKey.export({ format: 'jwk' });
  return { ...jwk, kid: randomUUID(), use: 'sig', alg: kind === 'EC' ? 'ES256' : 'RS256' };
}

export class Issuer {
  // people: login -> claims; what stands there at sign-in is what the token says.
  people = {
    alice: { sub: 'alice', name: 'Alice', email: 'alice@example.com' },
    twin: { sub: 'twin', name: 'Alice too', email: 'alice@example.com' },
  };
  idTokenInstead = null; // answered by the token endpoint in place of the right one
  algorithm = 'RS256';

  async start(redirectUris) {
    this.redirectUris = redirectUris;
    this.server = http.createServer((request, response) => this.handle(request, response));
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    this.rotateKeys('RSA');
  }

  // New keys, and nothing of the old ones: as after a rotation.
  rotateKeys(kind) {
    const algorithm = kind === 'EC' ? 'ES256' : 'RS256';
    const clientOf = ({ id, secret }) => ({
      client_id: id,
      client_secret: secret,
      redirect_uris: this.redirectUris,
      id_token_signed_response_alg: algorithm,
      token_endpoint_auth_method: 'client_secret_basic',
    });
    const provider = new Provider(this.url, {
      clients: [clientOf(client), clientOf(otherClient)],
      jwks: { keys: [newKey(kind)] },
      claims: { openid: ['sub', 'roles'], email: ['email'], profile: ['name'] },
      conformIdTokenClaims: false,
      cookies: { keys: ['only for tests'] },
      features: { devInteractions: { enabled: true } },
      pkce: { required: () => true, methods: ['S256'] },
      findAccount: (_context, id) => ({ accountId: id, claims: () => this.people[id] ?? { sub: id } }),
    });
    provider.use(async (context, next) => {
      await next();
      if (this.idTokenInstead && context.path === '/token' && context.body?.id_token) {
        context.body = { ...context.body, id_token: this.idTokenInstead };
      }
    });
    provider.on('server_error', (_context, error) => console.error('issuer:', error));
    this.callback = provider.callback();
  }

  handle(request, response) {
    this.callback(request, response);
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
