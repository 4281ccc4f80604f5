// One installation of the product for one run: an own database, the real `mosaic` as API and controller, a real engine, real
// OpenClaw agents, and the demonstration's provider in the place of a language model. See run for what it needs.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; see web/e2e/run`);
  return value;
}

function freePort(address) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject).listen(0, address, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// Waits for a condition, looking again as soon as the event loop is free of other work.
export async function until(what, limitMs, condition) {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`${what}: not so after ${limitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// An address of this machine that agents may be let through to: the sandbox's own.
function hostAddress() {
  const all = Object.entries(os.networkInterfaces())
    .filter(([name]) => !/^(docker|br-|mos|veth)/.test(name))
    .flatMap(([, addresses]) => addresses)
    .filter(({ family, address }) => family === 'IPv4' && !address.startsWith('127.'));
  if (all.length === 0) throw new Error('this machine has no address but the loopback; run in ./dev sandbox');
  return all[0].address;
}

export class World {
  processes = [];
  keys = { admin: 'key-of-admin-1f2e3d', alice: 'key-of-alice-4c5b6a', bob: 'key-of-bob-7d8e9f' };

  async start() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mosaic-web-'));
    this.database = `web_test_${randomBytes(6).toString('hex')}`;
    this.server = needed('MOSAIC_TEST_DATABASE_URL');
    await this.psql(this.server, `CREATE DATABASE ${this.database}`);
    const url = new URL(this.server);
    url.pathname = `/${this.database}`;
    this.databaseUrl = url.href;
    const pages = process.env.MOSAIC_WEB_FOLDER ?? path.join(repository, 'build/web');
    this.env = { ...process.env, DATABASE_URL: url.href, MOSAIC_SECRET_KEY: randomBytes(32).toString('hex'), MOSAIC_WEB: pages };
    this.env.DOCKER_HOST = needed('MOSAIC_TEST_ENGINE');
    this.env.MOSAIC_AGENT_IMAGE = needed('MOSAIC_TEST_AGENT_IMAGE');
    await this.startProvider();
    await run(needed('MOSAIC_BINARY'), ['migrate'], { env: this.env });
    const [port, agentPort] = [await freePort('127.0.0.1'), await freePort('0.0.0.0')];
    this.url = `http://localhost:${port}`;
    this.subnets = process.env.MOSAIC_TEST_WEB_SUBNETS ?? '10.227.0.0/20';
    await this.sql(`INSERT INTO "SystemConfig" ("id", "key", "value", "updatedAt") VALUES ('m', 'fleet.memoryMb', '1536', now() AT TIME ZONE 'UTC'),
      ('p', 'fleet.providerPrivateRanges', '${this.providerAddress.split(':')[0]}/32', now() AT TIME ZONE 'UTC')`);
    const shared = ['--agent-subnets', this.subnets, '--log-format', 'json'];
    this.api = this.spawn('api', ['api', '--listen', `localhost:${port}`, '--agent-listen', `0.0.0.0:${agentPort}`, ...shared]);
    const controller = ['--listen', `127.0.0.1:${await freePort('127.0.0.1')}`, '--agent-listen', `0.0.0.0:${agentPort}`, '--agent-egress', 'none'];
    this.spawn('controller', ['controller', ...controller, '--agent-egress-allow', this.providerAddress, ...shared]);
    await until('the API printed its set-up link', 60_000, () => /onboarding#token=(\S+)/.test(this.api.printed));
    this.setUpLink = `${this.url}/onboarding#token=${/onboarding#token=(\S+)/.exec(this.api.printed)[1]}`;
  }

  async startProvider() {
    const keys = path.join(this.folder, 'keys.json');
    fs.writeFileSync(keys, JSON.stringify(this.keys), { mode: 0o600 });
    const address = process.env.MOSAIC_TEST_HOST_ADDRESS ?? hostAddress();
    const script = path.join(repository, 'demo/provider.mjs');
    const provider = this.spawn('provider', [script, '--listen', `${address}:0`, '--keys', keys, '--delay-ms', '40'], process.execPath);
    await until('the provider listened', 20_000, () => /listening on \S+\n/.test(provider.printed));
    this.providerAddress = /listening on (\S+)/.exec(provider.printed)[1];
  }

  spawn(name, args, program = needed('MOSAIC_BINARY')) {
    const child = spawn(program, args, { env: this.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const entry = { name, child, printed: '' };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (entry.printed += bytes));
    this.processes.push(entry);
    return entry;
  }

  async psql(url, statement) {
    const args = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', `--dbname=${url}`, `--command=${statement}`];
    return (await run('psql', args)).stdout.trim();
  }

  sql(statement) {
    return this.psql(this.databaseUrl, statement);
  }

  // Somebody else who signs in with a password. The command makes admins; `role` is what an admin then makes of them.
  async addPerson(name, password, role = 'user') {
    const file = path.join(this.folder, `password-${name}`);
    fs.writeFileSync(file, password, { mode: 0o600 });
    await run(needed('MOSAIC_BINARY'), ['admin', 'create-breakglass', name, '--password-file', file], { env: this.env });
    await this.sql(`INSERT INTO "FleetUser" ("id", "source", "name", "claimedRole", "grantedRole", "createdAt")
      SELECT "id", 'breakglass', "username", 'admin', '${role}', now() AT TIME ZONE 'UTC' FROM "BreakglassUser" WHERE "username" = '${name}'`);
  }

  // Ends the processes, then what they made on the engine, and drops the database.
  async stop() {
    for (const { child } of this.processes.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const limit = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await ended;
      clearTimeout(limit);
    }
    if (this.databaseUrl) await this.removeAgents();
    if (this.database) await this.psql(this.server, `DROP DATABASE IF EXISTS ${this.database} WITH (FORCE)`);
    if (this.folder) fs.rmSync(this.folder, { recursive: true, force: true });
  }

  async docker(...args) {
    return (await run('docker', args, { env: this.env })).stdout.trim();
  }

  async removeAgents() {
    const instance = await this.sql(`SELECT "id" FROM "mosaic_instance"`);
    for (const [kind, ...all] of [['container', '--all'], ['network'], ['volume']]) {
      const found = await this.docker(kind, 'ls', ...all, '--quiet', '--filter', `label=com.mosaic.instance=${instance}`);
      for (const id of found.split('\n').filter(Boolean)) await this.docker(kind, 'rm', ...(kind === 'container' ? ['--force'] : []), id);
    }
  }
}
