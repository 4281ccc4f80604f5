// Signing in at a real identity provider, and breakglass while that provider misbehaves.
import assert from 'node:assert/strict';
import https from 'node:https';
import net from 'node:net';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Browser } from './browser.mjs';
import { Certificates } from './certificate.mjs';
import { Issuer, client, otherClient } from './issuer.mjs';
import { Mosaic } from './mosaic.mjs';

const mosaic = new Mosaic();
const issuer = new Issuer();
const adminBrowser = new Browser();
const certificates = new Certificates();
let trusted; // what stands for the system's authorities

function settings(more = {}) {
  return { issuerUrl: issuer.url, clientId: client.id, clientSecret: client.secret, label: 'Company', ...more };
}

async function wholeWay(login, browser = new Browser(), next = '/') {
  const back = await browser.signInAtIssuer(`${mosaic.start_url}?next=${encodeURIComponent(next)}`, login);
  const response = await browser.get(back);
  return { browser, back, response, who: await mosaic.who(browser) };
}

// How long a breakglass sign-in takes, in milliseconds; it must succeed.
async function breakglassTime() {
  const started = performance.now();
  const response = await mosaic.signIn(new Browser());
  assert.equal(response.status, 200);
  return performance.now() - started;
}

before(async () => {
  await certificates.start();
  trusted = await certificates.make('trusted', 'DNS:localhost');
  await mosaic.start({ SSL_CERT_FILE: trusted.file });
  await issuer.start([mosaic.callback_url]);
  assert.equal((await mosaic.signIn(adminBrowser)).status, 200);
  await mosaic.configure(adminBrowser, settings());
});

after(async () => {
  await issuer.stop();
  await mosaic.stop();
  await certificates.stop();
});

test('the sign-in page learns of the provider', async () => {
  const methods = await (await fetch(`${mosaic.url}/api/auth/methods`)).json();
  assert.deepEqual(methods, { breakglass: true, oidc: { enabled: true, label: 'Company' } });
});

test('the whole way signs a person in, who is no admin', async () => {
  const { response, who, browser } = await wholeWay('alice', new Browser(), '/agents');
  assert.equal(response.status, 303, await response.text());
  assert.equal(response.headers.get('location'), '/agents');
  assert.equal(who.signedIn, true);
  assert.equal(who.account.name, 'Alice');
  assert.equal(who.account.email, 'alice@example.com');
  assert.equal(who.account.role, 'user');
  assert.equal(who.account.source, 'oidc');
  const forbidden = await browser.get(`${mosaic.url}/api/settings/oidc`);
  assert.equal(forbidden.status, 404);
});

test('the same person is the same account, and the same address with another subject is another', async () => {
  const first = await wholeWay('alice');
  const again = await wholeWay('alice');
  const twin = await wholeWay('twin');
  assert.equal(first.who.account.id, again.who.account.id);
  assert.equal(twin.who.account.email, first.who.account.email);
  assert.notEqual(twin.who.account.id, first.who.account.id);
});

test('roles are those of the claim of this sign-in', async () => {
  issuer.people.alice.roles = ['staff', 'mosaic-admin'];
  const promoted = await wholeWay('alice');
  assert.equal(promoted.who.account.role, 'admin');
  issuer.people.alice.roles = ['staff'];
  const demoted = await wholeWay('alice');
  assert.equal(demoted.who.account.id, promoted.who.account.id);
  assert.equal(demoted.who.account.role, 'user');
  assert.notEqual((await mosaic.who(promoted.browser)).account?.role, 'admin', 'also where they were signed in before');
});

test('a state is good once', async () => {
  const browser = new Browser();
  const back = await browser.signInAtIssuer(mosaic.start_url, 'alice');
  const cookies = new Map(browser.cookies.get(mosaic.url));
  assert.equal((await browser.get(back)).status, 303);
  browser.cookies.set(mosaic.url, cookies);
  const replayed = await browser.get(back);
  assert.equal(replayed.status, 400);
  assert.equal(replayed.headers.get('content-type'), 'application/problem+json');
});

test('a state of another browser signs nobody in', async () => {
  const back = await new Browser().signInAtIssuer(mosaic.start_url, 'alice');
  const victim = new Browser();
  assert.equal((await victim.get(back)).status, 400);
  await victim.get(mosaic.start_url);
  assert.equal((await victim.get(back)).status, 400);
  assert.equal((await mosaic.who(victim)).signedIn, false);
});

test('a token for another client signs nobody in', async () => {
  const verifier = randomBytes(32).toString('base64url');
  const start = new URL(`${issuer.url}/auth`);
  start.search = new URLSearchParams({
    client_id: otherClient.id,
    redirect_uri: mosaic.callback_url,
    response_type: 'code',
    scope: 'openid',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const back = new URL(await new Browser().signInAtIssuer(start.href, 'alice'));
  const answer = await fetch(`${issuer.url}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${otherClient.id}:${encodeURIComponent(otherClient.secret)}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: back.searchParams.get('code'),
      redirect_uri: mosaic.callback_url,
      code_verifier: verifier,
    }),
  });
  const { id_token: stolen } = await answer.json();
  assert.ok(stolen);
  issuer.idTokenInstead = stolen;
  try {
    const { response, who } = await wholeWay('alice');
    assert.equal(response.status, 502);
    assert.equal(who.signedIn, false);
    assert.match(mosaic.log, /the ID token is for another client/);
    assert.ok(!mosaic.log.includes(stolen));
  } finally {
    issuer.idTokenInstead = null;
  }
});

test('rotated keys, also of another kind, are taken at the next sign-in', async () => {
  assert.equal((await wholeWay('alice')).response.status, 303);
  issuer.rotateKeys('EC');
  assert.equal((await wholeWay('alice')).response.status, 303);
});

test('a broken configuration fails at once, and breakglass signs in within a second', async () => {
  for (const broken of [
    { issuerUrl: 'http://127.0.0.1:9/' },
    { issuerUrl: `${issuer.url}/` },
    { clientSecret: 'wrong' },
  ]) {
    await mosaic.configure(adminBrowser, settings(broken));
    if (broken.clientSecret) {
      assert.equal((await wholeWay('alice')).response.status, 502);
    } else {
      assert.equal((await new Browser().get(mosaic.start_url)).status, 502);
    }
    const time = await breakglassTime();
    assert.ok(time < 1000, `breakglass took ${time} ms`);
  }
  await mosaic.configure(adminBrowser, settings());
  assert.equal((await wholeWay('alice')).response.status, 303);
});

test('a provider in reach of no guard is not asked', async () => {
  for (const url of ['https://169.254.169.254', 'https://[fe80::1]', 'https://10.213.0.2']) {
    await mosaic.configure(adminBrowser, settings({ issuerUrl: url }));
    const started = performance.now();
    assert.equal((await new Browser().get(mosaic.start_url)).status, 502, url);
    assert.ok(performance.now() - started < 2000, `${url} was waited for`);
  }
  await mosaic.configure(adminBrowser, settings());
});

test('an https issuer is asked only when its certificate is for its name and from an authority of the system', async () => {
  const other = await certificates.make('other', 'DNS:localhost');
  for (const [certificate, host, status] of [
    [trusted, 'localhost', 303],
    [trusted, '127.0.0.1', 502],
    [other, 'localhost', 502],
  ]) {
    const server = https.createServer(certificate, (_request, response) => {
      const url = `https://${host}:${server.address().port}`;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ issuer: url, authorization_endpoint: `${url}/auth`, token_endpoint: `${url}/token`, jwks_uri: `${url}/keys` }));
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    await mosaic.configure(adminBrowser, settings({ issuerUrl: `https://${host}:${server.address().port}` }));
    const response = await new Browser().get(mosaic.start_url);
    assert.equal(response.status, status, `${host}: ${await response.text()}`);
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
  await mosaic.configure(adminBrowser, settings());
});

test('a new set-up token voids the one before, and neither opens anything else', async () => {
  const first = await mosaic.command('admin', 'set-up-token');
  const second = await mosaic.command('admin', 'set-up-token');
  assert.match(second, /^[0-9a-f]{64}$/);
  const status = async (path, token) =>
    (await fetch(`${mosaic.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-mosaic-setup-token': token },
      body: '{"nonsense": true}',
    })).status;
  assert.equal(await status('/api/onboarding/breakglass', first), 401);
  assert.equal(await status('/api/onboarding/breakglass', second), 422);
  assert.equal(await status('/api/account/tokens', second), 401);
});

test('an issuer that hangs delays nobody: breakglass signs in within a second meanwhile', async () => {
  const sockets = new Set();
  const hanging = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise((done) => hanging.listen(0, '127.0.0.1', done));
  await mosaic.configure(adminBrowser, settings({ issuerUrl: `http://127.0.0.1:${hanging.address().port}` }));
  const asked = new Promise((done) => hanging.once('connection', done));
  const started = performance.now();
  const waiting = Array.from({ length: 20 }, () => new Browser().get(mosaic.start_url));
  await asked;
  for (let i = 0; i < 3; i += 1) {
    const time = await breakglassTime();
    assert.ok(time < 1000, `breakglass took ${time} ms while the issuer hung`);
  }
  assert.equal((await fetch(`${mosaic.url}/readyz`)).status, 200);
  const answers = await Promise.all(waiting);
  assert.ok(performance.now() - started < 15_000, 'ten seconds are the limit');
  assert.ok(answers.every(({ status }) => status === 502 || status === 503), answers.map(({ status }) => status).join());
  assert.ok(answers.filter(({ status }) => status === 503).length >= 17, 'most are told at once that it is busy');
  sockets.forEach((socket) => socket.destroy());
  await new Promise((done) => hanging.close(done));
  await mosaic.configure(adminBrowser, settings());
  assert.equal((await wholeWay('alice')).response.status, 303);
});

test('no secret of all this stands in the log', () => {
  assert.ok(mosaic.log.length > 0);
  for (const secret of [client.secret, encodeURIComponent(client.secret), mosaic.env.MOSAIC_SECRET_KEY, 'correct horse', 'code=', 'state=']) {
    assert.ok(!mosaic.log.includes(secret), secret);
  }
  for (const [, jar] of adminBrowser.cookies) {
    for (const value of jar.values()) assert.ok(!mosaic.log.includes(value));
  }
});
