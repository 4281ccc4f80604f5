// The product as its operator handles it: `mosaic up` in the background, commands beside it, and the docker command.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';

import { CheckFailed, until } from './timeline.mjs';

const commandLimitMs = 180_000;

function run(program, args, env, input) {
  return new Promise((resolve) => {
    const options = { env, timeout: commandLimitMs, maxBuffer: 16 * 1024 * 1024 };
    const child = execFile(program, args, options, (error, out, err) => {
      resolve({ code: error ? (error.code ?? 1) : 0, out: out.trimEnd(), err: err.trimEnd() });
    });
    child.stdin.on('error', () => {}); // a command that ends without reading says why by its exit code
    child.stdin.end(input);
  });
}

export function freePort(address = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject).listen(0, address, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// Resolves to the status, or to the reason why there is none.
export function statusOf(url) {
  return new Promise((resolve) => {
    http
      .get(url, { agent: false, timeout: 3000 }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .on('timeout', function () {
        this.destroy(new Error('no answer'));
      })
      .on('error', (error) => resolve(error.code ?? error.message));
  });
}

export class Mosaic {
  // `settings`: binary, engine, image, subnets, egress ("ADDRESS:PORT"), folder
  constructor(settings) {
    this.settings = settings;
    this.dataFolder = path.join(settings.folder, 'data');
    this.logFile = path.join(settings.folder, 'mosaic.log');
    // What the shell that started the demonstration happens to know must not lead us to another fleet.
    this.env = { ...process.env, DOCKER_HOST: settings.engine, MOSAIC_DATA_DIR: this.dataFolder };
    for (const name of ['DATABASE_URL', 'MOSAIC_SECRET_KEY']) delete this.env[name];
  }

  async up() {
    const { binary, engine, image, subnets, egress } = this.settings;
    this.port = await freePort();
    this.agentPort = await freePort();
    const args = ['up', '--data-dir', this.dataFolder, '--engine', engine, '--agent-image', image];
    args.push('--listen', `127.0.0.1:${this.port}`, '--agent-listen', `0.0.0.0:${this.agentPort}`);
    args.push('--agent-subnets', subnets, '--agent-egress', 'none', '--agent-egress-allow', egress);
    const log = fs.openSync(this.logFile, 'a', 0o600);
    // A process group of its own: Ctrl-C is for the demonstration, which then ends this in good order.
    this.process = spawn(binary, args, { env: this.env, stdio: ['ignore', log, log], detached: true });
    fs.closeSync(log);
    this.ended = new Promise((resolve) => {
      this.process.on('error', (error) => resolve(error.message));
      this.process.on('exit', (code, signal) => resolve(signal ?? code));
    });
    let ended = null;
    this.ended.then((code) => (ended = { code }));
    await until('mosaic up was ready', 90_000, async () => {
      if (ended) throw new CheckFailed(`mosaic up ended with ${ended.code}`);
      return (await statusOf(`http://127.0.0.1:${this.port}/readyz`)) === 200;
    });
  }

  // Runs `mosaic ARGS`; what it prints on success.
  async do(args, input) {
    const { code, out, err } = await run(this.settings.binary, args, this.env, input);
    if (code !== 0) throw new CheckFailed(`mosaic ${args.join(' ')} ended with ${code}: ${err}`);
    return out;
  }

  async describe(kind, name) {
    return JSON.parse(await this.do(['describe', kind, name, '-o', 'json']));
  }

  async events(name) {
    return JSON.parse(await this.do(['get', 'events', ...(name ? [name] : []), '-o', 'json']));
  }

  // Orderly; resolves to the exit code or the signal.
  async down() {
    if (!this.process || this.process.exitCode !== null) return this.ended;
    this.process.kill('SIGTERM');
    const limit = setTimeout(() => this.process.kill('SIGKILL'), 60_000);
    const code = await this.ended;
    clearTimeout(limit);
    return code;
  }

  async docker(...args) {
    const { code, out, err } = await run('docker', args, this.env);
    if (code !== 0) throw new CheckFailed(`docker ${args.slice(0, 2).join(' ')} ended with ${code}: ${err}`);
    return out;
  }

  async inspect(container) {
    return JSON.parse(await this.docker('inspect', container))[0];
  }

  // Learns from one of these rows' containers or networks which label this installation gives to what it makes.
  async findInstance(rowIds) {
    for (const id of rowIds) {
      for (const kind of ['container', 'network']) {
        const all = kind === 'container' ? ['--all'] : [];
        const [found] = (await this.docker(kind, 'ls', ...all, '--quiet', '--filter', `label=com.mosaic.id=${id}`)).split('\n');
        if (!found) continue;
        const seen = JSON.parse(await this.docker(kind, 'inspect', found))[0];
        this.instance = (seen.Labels ?? seen.Config.Labels)['com.mosaic.instance'];
        return;
      }
    }
  }

  // Ids on the engine that bear this installation's label.
  async objects() {
    if (!this.instance) return [];
    const filter = ['--filter', `label=com.mosaic.instance=${this.instance}`, '--quiet'];
    const found = [];
    for (const kind of [['container', 'ls', '--all'], ['network', 'ls'], ['volume', 'ls']]) {
      const ids = (await this.docker(...kind, ...filter)).split('\n').filter(Boolean);
      found.push(...ids.map((id) => ({ kind: kind[0], id })));
    }
    return found;
  }

  async removeObjects() {
    for (const { kind, id } of await this.objects()) {
      await this.docker(kind, 'rm', ...(kind === 'container' ? ['--force'] : []), id).catch(() => {});
    }
  }

  lastLog(lines) {
    try {
      return fs.readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } catch {
      return '';
    }
  }
}
