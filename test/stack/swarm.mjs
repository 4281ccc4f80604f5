// The Swarm of environment/swarm-lab as its operator sees it: its managers' and its nodes' engines, by their sockets, and
// what the lab does to nodes.
import { execFile } from 'node:child_process';
import http from 'node:http';

const sandbox = process.env.MOSAIC_SANDBOX;
const labProgram = process.env.MOSAIC_TEST_SWARM_LAB;
const callLimitMs = 15_000;
const listLimitMs = 60_000; // on a machine that boots many agents
const labLimitMs = 240_000;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// run(PROGRAM, ARGS, {input, limitMs}): what it prints; rejects with what it complains of.
export function run(program, args, { input, limitMs = labLimitMs, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: limitMs, maxBuffer: 64 * 1024 * 1024, env }, (error, out, err) => {
      if (error) reject(new Error(`${program} ${args.slice(0, 4).join(' ')} failed: ${(err || error.message).trim()}`));
      else resolve(out);
    });
    child.stdin.on('error', () => {}); // one that ends without reading says why by its exit code
    child.stdin.end(input);
  });
}

export class Engine {
  constructor(node) {
    this.node = node;
    this.socketPath = `${sandbox}/nodes/${node}/docker.sock`;
    this.address = `unix://${this.socketPath}`;
  }

  // Resolves to {status, body}, the body as JSON where it is any; rejects when the engine does not answer in time.
  call(method, path, { body, limitMs = callLimitMs, raw = false } = {}) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const headers = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      const request = http.request({ socketPath: this.socketPath, method, path, headers, agent: false, signal: AbortSignal.timeout(limitMs) });
      request.on('error', (error) => reject(new Error(`${this.node}: ${method} ${path}: ${error.message}`)));
      request.on('response', async (response) => {
        try {
          const parts = [];
          for await (const part of response) parts.push(part);
          const bytes = Buffer.concat(parts);
          const answer = raw ? bytes : bytes.toString('utf8');
          resolve({ status: response.statusCode, body: !raw && answer !== '' ? JSON.parse(answer) : answer });
        } catch (error) {
          reject(new Error(`${this.node}: ${method} ${path}: ${error.message}`));
        }
      });
      request.end(text);
    });
  }

  // What is there by these filters; nothing where the engine does not run.
  async list(path, filters) {
    const { status, body } = await this.call('GET', `${path}${path.includes('?') ? '&' : '?'}filters=${encodeURIComponent(JSON.stringify(filters))}`, { limitMs: listLimitMs });
    if (status !== 200) throw new Error(`${this.node}: GET ${path} was answered with ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  docker(args, options) {
    return run('docker', ['--host', this.address, ...args], options);
  }
}

export class Swarm {
  constructor(nodes = ['n1', 'n2', 'n3']) {
    this.engines = nodes.map((node) => new Engine(node));
  }

  on(node) {
    return this.engines.find((engine) => engine.node === node);
  }

  // Asks one manager after the other until one answers well, or refuses for good (4xx).
  async manage(method, path, options = {}) {
    const { limitMs = 90_000, accept = [] } = options;
    const deadline = performance.now() + limitMs;
    let why;
    for (let turn = this.lastManager ?? 0; performance.now() < deadline; ++turn) {
      const at = turn % this.engines.length;
      try {
        const answer = await this.engines[at].call(method, path, options);
        if (answer.status < 300 || accept.includes(answer.status)) {
          this.lastManager = at;
          return answer.body;
        }
        why = `${answer.status}: ${JSON.stringify(answer.body)}`;
        if (answer.status >= 400 && answer.status < 500) break;
      } catch (error) {
        why = error.message;
      }
      await pause(250);
    }
    throw new Error(`no manager of the swarm does ${method} ${path}: ${why}`);
  }

  find(path, filters) {
    return this.manage('GET', `${path}?filters=${encodeURIComponent(JSON.stringify(filters))}`);
  }

  async nodes() {
    return (await this.manage('GET', '/nodes')).map((node) => ({
      id: node.ID,
      name: node.Description.Hostname,
      state: node.Status.State,
      leads: node.ManagerStatus?.Leader === true,
      version: node.Version.Index,
      spec: node.Spec,
    }));
  }

  async leader() {
    return (await this.nodes()).find((node) => node.leads)?.name;
  }

  async setAvailability(name, availability) {
    const node = (await this.nodes()).find((one) => one.name === name);
    await this.manage('POST', `/nodes/${node.id}/update?version=${node.version}`, { body: { ...node.spec, Availability: availability } });
  }

  async changeService(id, change) {
    for (let tries = 0; ; ++tries) {
      const seen = await this.manage('GET', `/services/${id}`);
      change(seen.Spec);
      try {
        return await this.manage('POST', `/services/${id}/update?version=${seen.Version.Index}`, { body: seen.Spec, limitMs: 5_000 });
      } catch (error) {
        if (tries === 5 || !/out of sequence/.test(error.message)) throw error;
      }
    }
  }

  // The containers of a service of the stack: [{engine, id}], on nodes that answer.
  async containersOf(service) {
    const found = await Promise.all(
      this.engines.map(async (engine) => {
        const containers = await engine.list('/containers/json', { label: [`com.docker.swarm.service.name=${service}`], status: ['running'] }).catch(() => []);
        return containers.map((container) => ({ engine, id: container.Id }));
      }),
    );
    return found.flat();
  }
}

// lab('kill n2'): what environment/swarm-lab does to a node.
export const lab = (words) => run(labProgram, words.split(' '));
