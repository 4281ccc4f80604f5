// The real `mosaic api` on a database of its own, and people who talk to it. No engine is needed: agents' rows are given
// the phase and the address that a controller would write.
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);
const binary = process.env.MOSAIC_BINARY;
const server = process.env.MOSAIC_TEST_DATABASE_URL;

export const sha256 = (text) => createHash('sha256').update(text).digest('hex');

// A port of the loopback that was free a moment ago.
export async function freePort() {
  const socket = net.createServer();
  await new Promise((done) => socket.listen(0, '127.0.0.1', done));
  const { port } = socket.address();
  await new Promise((done) => socket.close(done));
  return port;
}

function psql(url, statement) {
  return run('psql', ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', `--dbname=${url}`, `--command=${statement}`], {
    maxBuffer: 64 * 1024 * 1024,
  }).then((result) => result.stdout);
}

export class Mosaic {
  log = '';
  seen = []; // every answer, as text, for the crawl after secrets

  async start() {
    this.database = `http_test_${randomBytes(6).toString('hex')}`;
    await psql(server, `CREATE DATABASE ${this.database}`);
    const url = new URL(server);
    url.pathname = `/${this.database}`;
    this.databaseUrl = url.href;
    this.secretKey = randomBytes(32).toString('hex');
    this.env = { ...process.env, DATABASE_URL: url.href, MOSAIC_SECRET_KEY: this.secretKey };
    await run(binary, ['migrate'], { env: this.env });
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const args = ['api', '--listen', `127.0.0.1:${port}`, '--agent-listen', `127.0.0.1:${await freePort()}`, '--log-format', 'json', '--log-level', 'debug'];
    this.process = spawn(binary, args, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    this.process.stdout.on('data', (bytes) => (printed += bytes));
    this.process.stderr.on('data', (bytes) => (this.log += bytes));
    await this.untilItAnswers(() => printed);
    const token = /one-time token (\S+)/.exec(printed + this.log);
    if (!token) throw new Error(`no set-up token was printed: ${printed}${this.log}`);
    this.setUpToken = token[1];
  }

  // Waits for an answer, not for time: each try ends at once while nobody listens yet.
  async untilItAnswers(printed) {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline && this.process.exitCode === null) {
      try {
        if ((await fetch(`${this.url}/livez`)).ok && /one-time token/.test(printed() + this.log)) return;
      } catch {
        // nobody listens yet
      }
      await new Promise((done) => setImmediate(done));
    }
    throw new Error(`mosaic api does not answer: ${printed()}${this.log}`);
  }

  async stop() {
    if (this.process && this.process.exitCode === null) {
      const ended = new Promise((done) => this.process.once('exit', done));
      this.process.kill('SIGTERM');
      await ended;
    }
    if (this.database) await psql(server, `DROP DATABASE IF EXISTS ${this.database} WITH (FORCE)`);
  }

  sql(statement) {
    return psql(this.databaseUrl, statement);
  }

  // A person as an identity provider would have made them.
  async addPerson(id, role = 'user') {
    await this.sql(
      `INSERT INTO "FleetUser" ("id", "source", "issuer", "subject", "name", "claimedRole", "createdAt")
       VALUES ('${id}', 'oidc', 'https://id.example', '${id}', '${id}', '${role}', now() AT TIME ZONE 'UTC')`,
    );
  }

  // `state`: live, expired, or left unused for too long.
  async newSession(id, state = 'live') {
    const value = randomBytes(32).toString('hex');
    const [seen, expires] = { live: ['0', '1 day'], expired: ['0', '-1 hour'], unused: ['-20 days', '1 day'] }[state];
    await this.sql(
      `INSERT INTO "UserSession" ("tokenHash", "accountId", "createdAt", "lastSeenAt", "expiresAt")
       SELECT '${sha256(value)}', '${id}', "now" - interval '30 days', "now" + interval '${seen}', "now" + interval '${expires}'
       FROM (SELECT now() AT TIME ZONE 'UTC' AS "now") AS "clock"`,
    );
    return { Cookie: `mosaic=${value}`, Origin: this.url };
  }

  // `state`: live, expired or revoked.
  async newToken(id, scopes, state = 'live') {
    const row = `t${randomBytes(12).toString('hex')}`;
    const secret = randomBytes(32).toString('hex');
    const words = ['chat', 'read', 'write', 'admin'].filter((word) => scopes.split(' ').includes(word)).join(' ');
    const expires = state === 'expired' ? `- interval '1 hour'` : `+ interval '1 day'`;
    await this.sql(
      `INSERT INTO "ApiToken" ("id", "accountId", "name", "secretHash", "scopes", "createdAt", "expiresAt", "revokedAt")
       VALUES ('${row}', '${id}', 'test', '${sha256(secret)}', '${words}', now() AT TIME ZONE 'UTC', (now() AT TIME ZONE 'UTC') ${expires},
               ${state === 'revoked' ? `now() AT TIME ZONE 'UTC'` : 'NULL'})`,
    );
    return { id: row, secret, text: `mos_${row}_${secret}`, headers: { Authorization: `Bearer mos_${row}_${secret}` } };
  }

  // What a controller writes once an agent is ready.
  async runAgentAt(owner, endpoint) {
    await this.sql(
      `UPDATE "UserContainer" SET "phase" = 'running', "status" = 'running', "containerId" = 'c-${owner}', "endpoint" = '${endpoint}',
         "startedAt" = now() AT TIME ZONE 'UTC', "readyAt" = now() AT TIME ZONE 'UTC', "observedGeneration" = "generation",
         "conditions" = '[{"type": "Ready", "status": "True", "reason": "Ready", "message": "it answers", "lastTransition": "2026-01-01T00:00:00.000Z"}]'
       WHERE "userId" = '${owner}'`,
    );
  }

  async call(method, path, { headers = {}, body, keep = true } = {}) {
    const sent = { ...headers };
    if (body !== undefined || method === 'POST') sent['Content-Type'] = 'application/json';
    const response = await fetch(this.url + path, {
      method,
      headers: sent,
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
    });
    const type = (response.headers.get('content-type') ?? '').split(';')[0];
    let text = '';
    if (type === 'text/event-stream' && path.endsWith('/events')) {
      await response.body.cancel(); // it has no end
    } else {
      text = await response.text();
    }
    const answer = { method, path, status: response.status, type, text, headers: response.headers };
    if (type.endsWith('json')) answer.json = JSON.parse(text);
    if (keep) {
      const fields = [...response.headers].filter(([name]) => name !== 'set-cookie').map(([name, value]) => `${name}: ${value}`);
      this.seen.push(`${method} ${path}\n${fields.join('\n')}\n\n${text}`);
    }
    return answer;
  }
}
