// The API from outside: the real program on a real database, judged by its own contract.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import OpenAI from 'openai';
import { Agent } from './agent.mjs';
import { contract, judge, operation, operations } from './contract.mjs';
import { Mosaic, sha256 } from './mosaic.mjs';
import { plan } from './plan.mjs';

const mosaic = new Mosaic();
const agent = new Agent();
const sentinel = (name) => `SENTINEL-${name}-${randomBytes(12).toString('hex')}`;
const secrets = { key: sentinel('key'), rootKey: sentinel('root-key'), oidc: sentinel('oidc'), password: sentinel('password') };
const admin = { username: 'root', password: secrets.password };
const people = {}; // name to headers

async function ask(id, { params = {}, query = '', headers, body } = {}) {
  const which = operation(id);
  const path = which.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name])) + query;
  const answer = await mosaic.call(which.method, path, { headers, body, keep: !plan[id]?.showsOnce });
  judge(which, answer);
  return answer;
}

async function expect(status, id, request) {
  const answer = await ask(id, request);
  assert.equal(answer.status, status, `${id}: ${answer.text}`);
  return answer.json;
}

const provider = (name, apiKey, type = 'openai') => ({
  name,
  type,
  apiKey,
  ...(type === 'custom' && { baseUrl: 'http://127.0.0.1:1/v1' }),
  models: [{ id: 'm1', name: 'Model 1' }],
});

before(async () => {
  await mosaic.start();
  await agent.start();
});

after(async () => {
  await mosaic.stop();
  await agent.stop();
});

test('set-up goes from an empty database to a signed-in admin, once', async () => {
  const headers = { 'X-Mosaic-Setup-Token': mosaic.setUpToken };
  assert.deepEqual(await expect(200, 'onboardingStatus'), { completed: false });
  await expect(401, 'onboardingBreakglass', { body: admin });
  await expect(401, 'onboardingBreakglass', { headers: { 'X-Mosaic-Setup-Token': 'guess' }, body: admin });
  await expect(409, 'onboardingProvider', { headers, body: provider('first', secrets.rootKey) });
  await expect(200, 'onboardingBreakglass', { headers, body: admin });
  await expect(200, 'onboardingOidc', { headers, body: { issuerUrl: 'https://127.0.0.1:1', clientId: 'm', clientSecret: secrets.oidc } });
  const tested = await expect(200, 'onboardingProviderTest', { headers, body: { type: 'custom', baseUrl: 'http://127.0.0.1:1/v1', apiKey: secrets.rootKey } });
  assert.equal(tested.outcome, 'refused-by-policy');
  await expect(200, 'onboardingProvider', { headers, body: provider('first', secrets.rootKey) });
  await expect(200, 'onboardingAgents', { headers, body: { agents: ['main'], primaryModel: 'first/m1' } });
  const status = await expect(200, 'onboardingStatus', { headers });
  assert.deepEqual(status.missing, []);
  await expect(200, 'onboardingComplete', { headers, body: {} });
  await expect(409, 'onboardingBreakglass', { headers, body: admin });
  assert.deepEqual(await expect(200, 'onboardingStatus'), { completed: true });
  const signedIn = await ask('signIn', { body: admin });
  assert.equal(signedIn.status, 200, signedIn.text);
  people.admin = { Cookie: signedIn.headers.get('set-cookie').split(';')[0], Origin: mosaic.url };
  const who = await expect(200, 'session', { headers: people.admin });
  assert.equal(who.account.role, 'admin');
});

test('people get an agent, which answers them', async () => {
  for (const name of ['alice', 'bob', 'carol']) {
    await mosaic.addPerson(name);
    people[name] = await mosaic.newSession(name);
  }
  const root = (await expect(200, 'session', { headers: people.admin })).account.id;
  for (const [name, owner] of [['alice', 'alice'], ['bob', 'bob'], ['admin', root]]) {
    await expect(202, 'startContainer', { headers: people[name] });
    await mosaic.runAgentAt(owner, agent.endpoint);
  }
  await expect(201, 'createProvider', { headers: people.alice, body: provider('hers', secrets.key) });
  await expect(200, 'putAgentConfig', { headers: people.alice, body: { primaryModel: 'hers/m1', personality: 'PRIVATE-THOUGHTS' } });
  assert.equal((await expect(200, 'getContainer', { headers: people.alice })).phase, 'running');
  const answer = await expect(200, 'chatCompletions', { headers: people.alice, body: { messages: [{ role: 'user', content: 'Hello' }] } });
  assert.equal(answer.choices[0].message.content, 'The word is heron.');
});

test('what was said in a conversation is read from the agent that it was said to', async () => {
  const read = (name, session) => ask('conversationMessages', { headers: people[name], params: { session } });
  const { json } = await read('alice', 'web:main');
  assert.deepEqual(json, {
    items: [
      { role: 'user', text: 'Which word?', at: '2026-01-01T00:00:00.000Z' },
      { role: 'assistant', text: 'The word is heron.', at: null },
    ],
    hasMore: false,
  });
  assert.deepEqual((await read('alice', 'web:never')).json, { items: [], hasMore: false });
  assert.equal((await read('alice', '../tools')).status, 404);
  const asleep = await read('carol', 'web:main');
  assert.deepEqual([asleep.status, asleep.json.type], [409, '/problems/agent-asleep']);
});

test("OpenAI's own client works unchanged", async () => {
  const token = await mosaic.newToken('alice', 'chat');
  const client = new OpenAI({ baseURL: `${mosaic.url}/v1`, apiKey: token.text });
  const messages = [{ role: 'user', content: 'Which word?' }];
  const whole = await client.chat.completions.create({ model: 'openclaw', messages });
  assert.equal(whole.choices[0].message.content, 'The word is heron.');
  let streamed = '';
  for await (const chunk of await client.chat.completions.create({ model: 'openclaw', messages, stream: true })) streamed += chunk.choices[0]?.delta?.content ?? '';
  assert.equal(streamed, 'The word is heron.');
  const models = await client.models.list();
  assert.ok(models.data.some((model) => model.id === 'openclaw'));
  const bad = new OpenAI({ baseURL: `${mosaic.url}/v1`, apiKey: 'mos_wrong_0', maxRetries: 0 });
  await assert.rejects(bad.chat.completions.create({ model: 'openclaw', messages }), (error) => error.status === 401);
});

test('an agent hears nothing of whom it serves but the chat', () => {
  assert.ok(agent.asked.length > 0);
  for (const { headers } of agent.asked) {
    assert.match(headers.authorization, /^Bearer [0-9a-f]{64}$/);
    for (const name of ['cookie', 'origin', 'x-forwarded-for', 'forwarded', 'x-real-ip']) assert.equal(headers[name], undefined, name);
  }
});

// A chat that goes on, read as far as `until`; what it returns reads the rest.
async function openChat(headers, until) {
  const response = await fetch(`${mosaic.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Go on' }], stream: true, user: 'endless' }),
    signal: AbortSignal.timeout(20_000),
  });
  if (response.status !== 200) assert.fail(`${response.status}: ${await response.text()}`);
  const texts = response.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let text = '';
  const read = async (enough) => {
    for (let next = {}; !enough() && !next.done; text += next.value ?? '') next = await texts.next();
    return text;
  };
  await read(() => text.includes(until));
  return () => read(() => false);
}

// Written to the database behind the process's back, as another process would; it looks by itself once a minute only.
test('what is revoked elsewhere ends a chat that goes on at once, and one that waits for its agent', async () => {
  const refused = /\n\ndata: (\{"error":\{.*"code":"invalid_api_key".*\}\})\n\ndata: \[DONE\]\n\n$/;
  const token = await mosaic.newToken('alice', 'chat');
  const session = await mosaic.newSession('alice');
  const revocations = [
    [token.headers, `UPDATE "ApiToken" SET "revokedAt" = now() AT TIME ZONE 'UTC' WHERE "id" = '${token.id}'`],
    [session, `DELETE FROM "UserSession" WHERE "tokenHash" = '${sha256(session.Cookie.slice('mosaic='.length))}'`],
  ];
  for (const [headers, revoke] of revocations) {
    const leftAlone = new Promise((done) => (agent.leftAlone = done));
    const readOn = await openChat(headers, 'heron.');
    await mosaic.sql(revoke);
    assert.match(await readOn(), refused);
    await leftAlone;
  }
  await mosaic.addPerson('dora');
  const headers = await mosaic.newSession('dora');
  await expect(201, 'createProvider', { headers, body: provider('hers', secrets.key) });
  await expect(200, 'putAgentConfig', { headers, body: { primaryModel: 'hers/m1' } });
  const readOn = await openChat(headers, ': mosaic {');
  await mosaic.sql(`UPDATE "FleetUser" SET "disabled" = true WHERE "id" = 'dora'`);
  assert.match(await readOn(), refused);
});

// Makes what the matrix needs.
class Things {
  admin = admin;
  agents = {};

  async find() {
    this.agents.alice = (await expect(200, 'getContainer', { headers: people.alice })).id;
  }
  providerBody(name = `p-${randomBytes(4).toString('hex')}`, type) {
    return provider(name, secrets.key, type);
  }
  async provider(type) {
    return (await expect(201, 'createProvider', { headers: people.alice, body: this.providerBody(undefined, type) })).id;
  }
  token() {
    return mosaic.newToken('alice', 'chat');
  }
  systemAgentBody() {
    return { name: `agent-${randomBytes(4).toString('hex')}`, role: 'x', primaryModel: 'first/m1' };
  }
  async systemAgent() {
    return (await expect(201, 'createSystemAgent', { headers: people.admin, body: this.systemAgentBody() })).id;
  }
  async victim() {
    const id = `v${randomBytes(8).toString('hex')}`;
    await mosaic.sql(
      `INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "updatedAt")
       VALUES ('${id}', '${id}', 'mosaic-${id}', 'enc:x', now())`,
    );
    return id;
  }
  oidcBody() {
    return { issuerUrl: 'https://127.0.0.1:1', clientId: 'm', clientSecret: secrets.oidc };
  }
}

// What each caller must be answered, by who may use the operation. "ok": what the plan says.
function expected(which, entry, who) {
  const unknown = /^(anonymous|expired|revoked)/.test(who);
  switch (which['x-access']) {
    case 'network':
    case 'anonymous':
      return entry.ok;
    case 'agent':
      return [404]; // not on this listener at all
    case 'set-up':
      return [409]; // it is completed
    case 'signed-in':
      if (unknown) return [401];
      if (who === 'wrong scope') return [403];
      return entry.own && who !== 'owner' ? [404] : entry.ok;
    case 'session':
      if (unknown) return [401];
      if (who === 'wrong scope') return [401, 403];
      return entry.own && who !== 'owner' ? [404] : entry.ok;
    case 'admin':
      if (unknown) return [401];
      return who === 'admin' ? entry.ok : who === 'wrong scope' ? [403, 404] : [404];
    default:
      throw new Error(`${which.operationId} does not say who may use it`);
  }
}

test('every operation answers every caller as its contract says, and nobody else', async () => {
  const missing = operations.map((each) => each.operationId).filter((id) => !plan[id]);
  assert.deepEqual(missing, [], 'operations that are missing in plan.mjs');
  execFileSync(process.env.MOSAIC_BINARY, ['admin', 'create-breakglass', 'second', '--password-file', '-'], { env: mosaic.env, input: 'another long password' });
  const it = new Things();
  await it.find();
  const expired = (await mosaic.newToken('alice', 'chat read write', 'expired')).headers;
  const revoked = (await mosaic.newToken('alice', 'chat read write', 'revoked')).headers;
  const oldSession = await mosaic.newSession('alice', 'expired');
  const unusedSession = await mosaic.newSession('alice', 'unused');
  const narrow = { chat: 'read write', read: 'chat', write: 'chat read', admin: 'chat read write' };
  const tokens = {};
  for (const [scope, others] of Object.entries(narrow)) tokens[scope] = (await mosaic.newToken('alice', others)).headers;
  const root = (await expect(200, 'session', { headers: people.admin })).account.id;
  const accounts = { owner: 'alice', other: 'bob', admin: root };
  const sessions = { owner: people.alice, other: people.bob, admin: people.admin };
  for (const [id, entry] of Object.entries(plan)) {
    const which = operation(id);
    const callers = {
      anonymous: {},
      expired,
      'expired session': oldSession,
      'expired session, by disuse': unusedSession,
      revoked,
      'revoked session': { ...oldSession, Cookie: `mosaic=${'0'.repeat(64)}` }, // its row is no more
      'wrong scope': tokens[which['x-scope'] ?? 'admin'],
      other: sessions.other,
      ...(entry.own ? { admin: sessions.admin, owner: sessions.owner } : { owner: sessions.owner, admin: sessions.admin }),
    };
    // One thing for all who must not touch it: it must survive them.
    const params = await entry.params?.(it);
    for (const [who, headers] of Object.entries(callers)) {
      const mine = entry.fresh && accounts[who] ? await mosaic.newSession(accounts[who]) : headers;
      const answer = await ask(id, { params, query: entry.query, headers: mine, body: entry.body?.(it) });
      const wanted = expected(which, entry, who);
      assert.ok(wanted.includes(answer.status), `${id} as ${who}: ${answer.status}, wanted ${wanted}: ${answer.text}`);
      if (who !== 'owner') assert.ok(!answer.text.includes('PRIVATE-THOUGHTS') || id === 'putAgentConfig' || id === 'getAgentConfig', `${id} as ${who} shows contents`);
      if (answer.status === 404 && answer.type === 'application/problem+json' && !['oidcStart', 'oidcCallback'].includes(id))
        assert.equal(answer.json.type, '/problems/not-found', `${id} as ${who}`);
    }
  }
});

test('another site cannot act for a signed-in person', async () => {
  const session = await mosaic.newSession('alice');
  const body = provider('evil', 'k');
  for (const Origin of ['https://evil.example', 'null', mosaic.url + '.evil.example']) await expect(403, 'createProvider', { headers: { ...session, Origin }, body });
  const { Cookie } = session;
  await expect(403, 'createProvider', { headers: { Cookie }, body });
  await expect(403, 'createProvider', { headers: { ...session, 'Sec-Fetch-Site': 'cross-site' }, body });
});

test('a key runs a request once', async () => {
  const headers = { ...(await mosaic.newToken('bob', 'write read')).headers, 'Idempotency-Key': 'once' };
  const body = provider('once', secrets.key);
  const first = await expect(201, 'createProvider', { headers, body });
  const again = await ask('createProvider', { headers, body });
  assert.equal(again.status, 201);
  assert.equal(again.headers.get('idempotency-replayed'), 'true');
  assert.equal(again.json.id, first.id);
  await expect(422, 'createProvider', { headers, body: provider('other', secrets.key) });
});

// As with chats above.
test('what is revoked elsewhere is refused at once, and an event stream that it opened ends', async () => {
  await mosaic.addPerson('leaver', 'admin');
  const token = await mosaic.newToken('leaver', 'admin read');
  const revocations = [
    [token.headers, `UPDATE "ApiToken" SET "revokedAt" = now() AT TIME ZONE 'UTC' WHERE "id" = '${token.id}'`],
    [await mosaic.newSession('leaver'), `DELETE FROM "UserSession" WHERE "accountId" = 'leaver'`],
  ];
  for (const [headers, revoke] of revocations) {
    await expect(200, 'listFleet', { headers });
    const stream = await fetch(`${mosaic.url}/api/fleet/events`, { headers, signal: AbortSignal.timeout(20_000) });
    assert.equal(stream.status, 200);
    const ended = stream.text();
    await mosaic.sql(revoke);
    assert.match(await ended, /^: open/);
    assert.equal((await ask('listFleet', { headers })).status, 401);
  }
});

// The same text plain, in hex, and in base64 at each of its three places within a group.
function shapes(secret) {
  const found = [secret, Buffer.from(secret).toString('hex')];
  for (let shift = 0; shift < 3; ++shift) {
    const text = Buffer.from('x'.repeat(shift) + secret).toString('base64').replace(/=+$/, '');
    found.push(text.slice(shift === 0 ? 0 : shift + 1, -2));
  }
  return found;
}

test('no secret is anywhere for anybody', async () => {
  // The detector itself: whatever stands around a secret, one of its shapes is found.
  for (const encoding of ['utf8', 'hex', 'base64']) {
    for (const before of ['', 'a', 'ab']) {
      const text = Buffer.from(`${before}${secrets.key}zz`).toString(encoding);
      assert.ok(shapes(secrets.key).some((shape) => text.includes(shape)), `${encoding} after "${before}"`);
    }
  }
  const token = await mosaic.newToken('alice', 'chat read');
  await ask('getContainer', { headers: token.headers });
  const gateway = agent.asked.map(({ headers }) => headers.authorization.slice('Bearer '.length));
  const planted = { ...secrets, token: token.secret, secretKey: mosaic.secretKey, gateway: gateway[0] };
  const places = {
    answers: mosaic.seen.join('\n'),
    log: mosaic.log,
    metrics: (await mosaic.call('GET', '/metrics')).text,
    events: await mosaic.sql('SELECT * FROM "AgentEvent"'),
    audit: await mosaic.sql('SELECT * FROM "AuditEntry"'),
    records: await mosaic.sql('SELECT * FROM "IdempotencyRecord"'),
    providers: await mosaic.sql('SELECT * FROM "LlmProvider"'),
    settings: await mosaic.sql('SELECT * FROM "SystemConfig"'),
    agents: (await mosaic.sql('SELECT * FROM "UserContainer"')) + (await mosaic.sql('SELECT * FROM "SystemContainer"')),
    sessions: (await mosaic.sql('SELECT * FROM "UserSession"')) + (await mosaic.sql('SELECT * FROM "ApiToken"')),
  };
  assert.ok(places.audit.includes('provider.create'));
  assert.ok(mosaic.seen.length > 300);
  for (const [place, text] of Object.entries(places)) {
    for (const [name, secret] of Object.entries(planted)) {
      for (const shape of shapes(secret)) assert.ok(!text.includes(shape), `${name} stands in ${place}`);
    }
  }
  assert.ok(!places.answers.includes('enc:'), 'an encrypted secret stands in an answer');
});

test('the served contract is the one that was judged by', async () => {
  const served = await ask('contract');
  assert.equal(served.type, 'application/yaml');
  assert.ok(served.text.includes(`title: ${contract.info.title}`));
});
