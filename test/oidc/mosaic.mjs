// The real `mosaic api` on a database of its own, and what the tests ask it.
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { randomBytes } from 'node:crypto';

import { freePort } from '../http/mosaic.mjs';

const run = promisify(execFile);
const binary = process.env.MOSAIC_BINARY;
const server = process.env.MOSAIC_TEST_DATABASE_URL;

export const admin = { username: 'root', password: 'correct horse battery staple' };

function psql(statement) {
  return run('psql', ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', `--dbname=${server}`, `--command=${statement}`]);
}

function withInput(command, args, env, input) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (bytes) => (output += bytes));
    child.on('exit', (code) => (code === 0 ? done(output) : failed(new Error(`${args.join(' ')}: exit code ${code}`))));
    child.stdin.end(input);
  });
}

export class Mosaic {
  log = '';

  // `variables`: more of the environment.
  async start(variables = {}) {
    this.database = `oidc_test_${randomBytes(6).toString('hex')}`;
    await psql(`CREATE DATABASE ${this.database}`);
    const url = new URL(server);
    url.pathname = `/${this.database}`;
    this.env = { ...process.env, ...variables, DATABASE_URL: url.href, MOSAIC_SECRET_KEY: randomBytes(32).toString('hex') };
    this.port = await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    await run(binary, ['migrate'], { env: this.env });
    await withInput(binary, ['admin', 'create-breakglass', admin.username, '--password-file', '-'], this.env, admin.password);
    const args = ['api', '--listen', `127.0.0.1:${this.port}`, '--agent-listen', `127.0.0.1:${await freePort()}`, '--log-format', 'json', '--log-level', 'debug'];
    this.process = spawn(binary, args, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.process.stdout.on('data', (bytes) => (this.log += bytes));
    this.process.stderr.on('data', (bytes) => (this.log += bytes));
    await this.untilItAnswers();
  }

  // Waits for an answer, not for time: each try ends at once while nobody listens yet.
  async untilItAnswers() {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      if (this.process.exitCode !== null) break;
      try {
        if ((await fetch(`${this.url}/livez`)).ok) return;
      } catch {
        await new Promise((done) => setImmediate(done));
      }
    }
    throw new Error(`mosaic api does not answer: ${this.log}`);
  }

  async stop() {
    if (this.process && this.process.exitCode === null) {
      const ended = new Promise((done) => this.process.once('exit', done));
      this.process.kill('SIGTERM');
      await ended;
    }
    await psql(`DROP DATABASE IF EXISTS ${this.database} WITH (FORCE)`);
  }

  get start_url() {
    return `${this.url}/api/auth/oidc/start`;
  }

  get callback_url() {
    return `${this.url}/api/auth/oidc/callback`;
  }

  // What a command prints.
  async command(...words) {
    const { stdout } = await run(binary, words, { env: this.env });
    return stdout.trim();
  }

  signIn(browser) {
    return browser.request(`${this.url}/api/auth/sign-in`, { method: 'POST', json: admin });
  }

  async who(browser) {
    return (await browser.get(`${this.url}/api/auth/session`)).json();
  }

  async configure(browser, settings) {
    const response = await browser.request(`${this.url}/api/settings/oidc`, { method: 'PUT', json: settings });
    if (response.status !== 200) throw new Error(`settings: ${response.status} ${await response.text()}`);
  }
}
