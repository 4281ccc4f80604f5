// A fleet deployed by manifests/swarm-stack.yml as its people and its database's owner see it: accounts, agents, turns of
// chat that have to find what was said before the last sleep, and rows.
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';

import { chat } from '../../demo/chat.mjs';
import { pause } from './swarm.mjs';

const port = 8080;
const answerLimitMs = 30_000;
const retryPauseMs = 500;
const avoidMs = 5_000;
const idlePastMs = 90 * 60_000;

const quoted = (text) => `'${String(text).replaceAll("'", "''")}'`;

export class Fleet {
  // `adminToken`: of somebody with the scope admin.
  constructor(swarm, adminToken) {
    this.swarm = swarm;
    this.adminToken = adminToken;
    this.addresses = swarm.engines.map((_, index) => `198.19.0.${index + 1}`);
    this.turns = 0;
    this.avoided = new Map(); // address: until when
    // Of one try. While a turn waits the API sends a comment every 15 s, so silence means that its node is gone.
    this.patience = { limitMs: 240_000, silenceMs: 0 };
  }

  // One statement or several; its rows as lists of texts. Waits for a database that is away.
  async sql(statements, limitMs = 120_000) {
    const program = 'PGPASSWORD="$(cat /run/secrets/mosaic-database-password)" exec psql --no-psqlrc -qAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -U mosaic mosaic';
    const deadline = performance.now() + limitMs;
    for (;;) {
      try {
        const [postgres] = await this.swarm.containersOf('mosaic_postgres');
        if (!postgres) throw new Error('no container of the database runs');
        const out = await postgres.engine.docker(['exec', '--interactive', postgres.id, '/bin/sh', '-c', program], { input: statements, limitMs: 30_000 });
        return out.split('\n').filter(Boolean).map((line) => line.split('|'));
      } catch (error) {
        if (performance.now() > deadline || /ERROR:/.test(error.message)) throw error;
        await pause(500);
      }
    }
  }

  // A request to whichever API process answers, as a load balancer would place it; the answer as JSON.
  async call(method, path, { token = this.adminToken, body, limitMs = 120_000 } = {}) {
    const deadline = performance.now() + limitMs;
    let why;
    while (performance.now() < deadline) {
      const address = this.nextAddress();
      try {
        const response = await fetch(`http://${address}:${port}${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
          body: body === undefined ? undefined : JSON.stringify(body),
          signal: AbortSignal.timeout(answerLimitMs),
        });
        const text = await response.text();
        if (response.ok) return text === '' ? null : JSON.parse(text);
        why = `${response.status} ${text.slice(0, 400)}`;
        if (response.status < 500 && response.status !== 429) break;
      } catch (error) {
        why = error.cause?.message ?? error.message;
        this.avoid(address);
      }
      await pause(retryPauseMs);
    }
    throw new Error(`${method} ${path}: ${why}`);
  }

  // One that does not answer is left out for a while, as a load balancer would.
  nextAddress() {
    const good = this.addresses.filter((address) => (this.avoided.get(address) ?? 0) < performance.now());
    const among = good.length > 0 ? good : this.addresses;
    return among[this.turns++ % among.length];
  }

  avoid(address) {
    this.avoided.set(address, performance.now() + avoidMs);
  }

  // Every process of the stack is at work.
  async isWhole() {
    const answers = await Promise.all(this.addresses.map((address) => fetch(`http://${address}:${port}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => null)));
    const controllers = await this.swarm.containersOf('mosaic_controller');
    return answers.every((answer) => answer?.status === 200) && controllers.length >= this.swarm.engines.length;
  }

  // Accounts as an identity provider would have made them, each with an agent that sleeps, a provider and a model.
  // `people`: [{name, image, memoryMb, providerUrl, key}]; each gets its token.
  async enrol(people) {
    const statements = ['BEGIN;'];
    for (const person of people) {
      const row = `t${randomBytes(12).toString('hex')}`;
      const secret = randomBytes(32).toString('hex');
      person.token = `mos_${row}_${secret}`;
      statements.push(
        `INSERT INTO "FleetUser" ("id", "source", "issuer", "subject", "name", "claimedRole", "createdAt") VALUES (${quoted(person.name)}, 'oidc',
           'https://id.example', ${quoted(person.name)}, ${quoted(person.name)}, 'user', now() AT TIME ZONE 'UTC');`,
        `INSERT INTO "ApiToken" ("id", "accountId", "name", "secretHash", "scopes", "createdAt") VALUES (${quoted(row)}, ${quoted(person.name)}, 'test',
           ${quoted(createHash('sha256').update(secret).digest('hex'))}, 'chat read write', now() AT TIME ZONE 'UTC');`,
      );
    }
    await this.sql([...statements, 'COMMIT;'].join('\n'));
    for (const person of people) await this.giveAgent(person);
  }

  async giveAgent(person) {
    const { image, memoryMb } = person;
    person.id = (await this.call('POST', '/api/user-agents', { body: { owner: person.name, image, memoryMb, idleTimeoutMin: 1 } })).id;
    const provider = await this.call('POST', '/api/providers', {
      token: person.token,
      body: { name: 'local', type: 'custom', baseUrl: person.providerUrl, apiKey: person.key, models: [{ id: 'cogito', name: 'Cogito' }] },
    });
    await this.call('PUT', '/api/agent-config', { token: person.token, body: { primaryModel: 'local/cogito', providerId: provider.id } });
  }

  async see(person) {
    return this.call('GET', `/api/fleet/user/${person.id}`);
  }

  // Has nobody have been there for long; the product's own deadline does the rest. One who is just being written to stays.
  async leaveAlone(people) {
    await this.sql(
      `UPDATE "UserContainer" SET "lastActiveAt" = now() AT TIME ZONE 'UTC' - interval '${idlePastMs / 1000} seconds'
       WHERE "id" IN (${people.map(({ id }) => quoted(id)).join(', ')}) AND "lastActiveAt" > now() AT TIME ZONE 'UTC' - interval '${idlePastMs / 2000} seconds';`,
    );
  }

  // By the id of its row: each agent as admins see it, with its phase, and reason and message of why it is not ready.
  async agents() {
    const found = new Map();
    for (let page = { next: '' }; page.next !== null; ) {
      page = await this.call('GET', `/api/fleet?kind=user&limit=200${page.next && `&after=${encodeURIComponent(page.next)}`}`);
      for (const agent of page.items) if (agent.id) found.set(agent.id, agent);
    }
    return found;
  }

  // One streamed turn, repeated as a client would repeat it until it is answered. Resolves to {text, firstTextMs, totalMs,
  // failures}, times of the whole, failures as texts.
  async say(person, message, limitMs) {
    const began = performance.now();
    const failures = [];
    for (;;) {
      const left = limitMs - (performance.now() - began);
      if (left <= 0) throw new Error(`${person.name}: no answer to "${message}" within ${limitMs / 1000} s: ${failures.slice(-3).join('; ')}`);
      const tryBegan = performance.now();
      const address = this.nextAddress();
      try {
        const { limitMs: tryLimitMs, silenceMs } = this.patience;
        const reply = await chat({ endpoint: `${address}:${port}`, token: person.token, session: 'judge', message, silenceMs, limitMs: Math.min(tryLimitMs, left) });
        return { text: reply.text, firstTextMs: tryBegan - began + (reply.firstTextMs ?? reply.totalMs), totalMs: performance.now() - began, failures };
      } catch (error) {
        failures.push(error.cause?.message ?? error.message);
        if (error.code || /silence/.test(error.message)) this.avoid(address); // nobody there, rather than an answer that we dislike
        await pause(retryPauseMs);
      }
    }
  }

  // Wakes the agent and has it say what it was told before it slept; then tells it the next word. What was found is judged
  // here: an agent that knows another word, or none, has lost its state.
  async converse(person, limitMs) {
    const began = performance.now();
    const asked = await this.say(person, 'Which word did I ask you to remember?', limitMs);
    const wanted = person.counter === 0 ? 'You told me no word.' : `The word is "${person.name}-${person.counter}".`;
    if (!asked.text.includes(wanted)) throw new StateLost(`${person.name} says "${asked.text}" instead of "${wanted}"`);
    const next = `${person.name}-${person.counter + 1}`;
    const told = await this.say(person, `Please remember the word ${next}.`, limitMs - (performance.now() - began));
    if (!told.text.includes(next)) throw new Error(`${person.name} answers "${told.text}" to the word ${next}`);
    person.counter += 1;
    return { wakeMs: asked.firstTextMs, failures: [...asked.failures, ...told.failures] };
  }

  async remembers(person, limitMs) {
    const asked = await this.say(person, 'Which word did I ask you to remember?', limitMs);
    if (!asked.text.includes(`"${person.name}-${person.counter}"`)) throw new StateLost(`${person.name} says "${asked.text}" instead of word ${person.counter}`);
    return asked.failures;
  }

  // Every API process that answers says what it serves at /metrics.
  metrics() {
    return Promise.all(
      this.addresses.map(
        (host) =>
          new Promise((resolve) => {
            http
              .get({ host, port, path: '/metrics', agent: false, timeout: 5_000 }, async (response) => {
                const parts = [];
                try {
                  for await (const part of response) parts.push(part);
                } catch {
                  // an answer that was cut off is judged as far as it came
                }
                resolve(Buffer.concat(parts).toString('utf8'));
              })
              .on('error', () => resolve(''))
              .on('timeout', function () {
                this.destroy();
              });
          }),
      ),
    );
  }
}

export class StateLost extends Error {}
