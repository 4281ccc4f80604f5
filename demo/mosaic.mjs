// The product on one host as its operator handles it: `mosaic up` in the background, commands beside it, and the docker
// command. stack.mjs is the same for a fleet on a Swarm; what an agent is: {kind, name, id, container}.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';

import { chat } from './chat.mjs';
import { check, CheckFailed, until } from './timeline.mjs';

const commandLimitMs = 180_000;

export function run(program, args, env, input) {
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
  whatStarts = 'mosaic up, with its own Postgres';
  takesChangesWhileRunning = true;

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

  readyWords() {
    return `ready, with a Postgres and a key of its own under ${this.dataFolder}`;
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

  async #inspect(agent) {
    return JSON.parse(await this.docker('inspect', agent.container))[0];
  }

  // Within the agent's container; what it prints.
  inside(agent, ...command) {
    return this.docker('exec', agent.container, ...command);
  }

  // One turn with the agent's own gateway; see chat.mjs.
  chat(turn, onText) {
    return chat(turn, onText);
  }

  async hasProcess(agent) {
    return (await this.#inspect(agent).catch(() => null))?.State.Running === true;
  }

  async environmentOf(agent) {
    return (await this.#inspect(agent)).Config.Env;
  }

  // [what, address, port]: places on its way that an agent has no business with.
  async placesOf(agent, others, { hostAddress, decoyPort }) {
    const networkOf = async (one) => Object.values((await this.#inspect(one)).NetworkSettings.Networks)[0];
    const { Gateway: bridge } = await networkOf(agent);
    const agents = await Promise.all(others.map(async (other) => [`the agent of ${other.name}`, (await networkOf(other)).IPAddress, 18789]));
    return [
      ...agents,
      ["this machine's Postgres", hostAddress, 5432],
      ["this machine's Postgres, by the bridge", bridge, 5432],
      ['a service of this machine', hostAddress, decoyPort],
      ['the same by the bridge', bridge, decoyPort],
      ['the same by docker0', '172.17.0.1', decoyPort],
      ['the API for people', bridge, this.port],
      ["the engine's port", hostAddress, 2375],
      ['SSH of this machine', bridge, 22],
    ];
  }

  // [fact, whether it holds]: what the engine says of the agent's container. `status` is its /proc/self/status.
  async baselineOf(agent, status) {
    const { Config: config, HostConfig: host, NetworkSettings: network } = await this.#inspect(agent);
    return [
      [`user ${config.User}`, config.User === '1000:1000'],
      [`capabilities dropped: ${host.CapDrop}; effective: ${status('CapEff')}`, /^0+$/.test(status('CapEff'))],
      [`no new privileges: ${status('NoNewPrivs')}, seccomp: ${status('Seccomp')}`, status('NoNewPrivs') === '1' && status('Seccomp') === '2'],
      ['root file system is read-only', host.ReadonlyRootfs],
      [`memory ${host.Memory / 1048576} MB, processes ${host.PidsLimit}`, host.Memory > 0 && host.PidsLimit > 0],
      ['nothing published on this machine', Object.values(network.Ports ?? {}).every((bound) => !bound)],
      ['nothing of this machine mounted', !(host.Binds ?? []).length && !host.Privileged],
      ['a network of its own', Object.keys(network.Networks).length === 1],
      [`the engine does not restart it by itself: "${host.RestartPolicy.Name}"`, host.RestartPolicy.Name === 'no'],
    ];
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

  // Takes it down; the end of the story.
  async end() {
    const code = await this.down();
    check(code === 0, 'mosaic up ended in good order', `it ended with ${code}`);
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
