// The rules of docs/RELIABILITY.md, judged from outside on a Swarm: S1 while everything goes on, the others whenever the
// fleet is at rest.
import { pause } from './swarm.mjs';

const lookEveryMs = 1_000;
const label = { instance: 'com.mosaic.instance', id: 'com.mosaic.id', role: 'com.mosaic.role', node: 'com.mosaic.node' };
// What Swarm itself does when a node comes back: it ends one task while the next is starting (the lock on the state volume
// keeps that one from doing anything). Longer, it is a second agent.
const handOverMs = 5_000;

// Looks every second which agents' processes run on which node.
export class RunningWatch {
  looks = 0;
  doubles = []; // {id, ms, where}
  #since = new Map();
  #ending = false;

  constructor(swarm) {
    this.swarm = swarm;
    this.done = this.#run();
  }

  async #run() {
    while (!this.#ending) {
      await this.#look();
      await pause(lookEveryMs);
    }
  }

  async #look() {
    const running = new Map();
    const answers = await Promise.all(this.swarm.engines.map((engine) => runningAgents(engine).catch(() => [])));
    for (const { id, container, node } of answers.flat()) running.set(id, [...(running.get(id) ?? []), `${container.slice(0, 12)} on ${node}`]);
    this.looks += 1;
    for (const [id, where] of running) {
      if (where.length < 2) continue;
      if (!this.#since.has(id)) this.#since.set(id, { began: performance.now(), where: where.join(', ') });
    }
    for (const [id, { began, where }] of this.#since) {
      if ((running.get(id) ?? []).length > 1) continue;
      this.doubles.push({ id, ms: Math.round(performance.now() - began), where });
      this.#since.delete(id);
    }
  }

  // What was never allowed.
  violations() {
    const lasting = [...this.#since].map(([id, { began, where }]) => ({ id, ms: Math.round(performance.now() - began), where }));
    return [...this.doubles, ...lasting].filter(({ ms }) => ms > handOverMs).map(({ id, ms, where }) => `S1: two processes of ${id} ran for ${ms} ms: ${where}`);
  }

  longestDoubleMs() {
    return Math.max(0, ...this.doubles.map(({ ms }) => ms));
  }

  async end() {
    this.#ending = true;
    await this.done;
  }
}

async function runningAgents(engine) {
  const containers = await engine.list('/containers/json', { label: [`${label.role}=agent`], status: ['running'] });
  return containers.map(({ Id, Labels }) => ({ id: Labels[label.id], container: Id, node: engine.node }));
}

const counted = (items) => items.reduce((counts, item) => counts.set(item, (counts.get(item) ?? 0) + 1), new Map());
const differences = (what, wanted, seen) => {
  const counts = counted(seen);
  return [
    ...wanted.filter((id) => counts.get(id) !== 1).map((id) => `${id} has ${counts.get(id) ?? 0} ${what}`),
    ...[...counts.keys()].filter((id) => !wanted.includes(id)).map((id) => `${id} has no row, but ${what}`),
  ];
};

// The fleet at rest, everybody asleep. `expected` is what desired() said at the beginning.
export class Judge {
  judgements = 0;

  constructor(swarm, fleet, people) {
    this.swarm = swarm;
    this.fleet = fleet;
    this.people = people;
    this.secrets = [];
    this.volumesOf = new Map(); // by name: the node where it was seen
  }

  async begin() {
    this.desired = await this.#desiredSides();
  }

  async #desiredSides() {
    const rows = await this.fleet.sql(
      `SELECT "id", "userId", "containerName", "image", "memoryMb", "idleTimeoutMin", "desiredState", "gatewayToken" FROM "UserContainer" ORDER BY "id"`,
    );
    return rows.map((row) => row.join(' '));
  }

  // Every sentence is a violation.
  async judge() {
    this.judgements += 1;
    const [rows, engine, states, words] = [await this.#rows(), await this.#engine(), await this.#volumes(), await this.#words()];
    return [...rows, ...engine, ...states, ...words];
  }

  async #rows() {
    const now = await this.#desiredSides();
    const lost = this.desired.filter((row) => !now.includes(row)).map((row) => `S7: the row ${row.split(' ')[0]} was lost or rewritten`);
    const more = now.length > this.desired.length ? [`S7: there are ${now.length} rows instead of ${this.desired.length}`] : [];
    return [...lost, ...more];
  }

  async #engine() {
    const ids = this.people.map(({ id }) => id);
    const ofRole = async (role) => (await this.swarm.find('/services', { label: [`${label.role}=${role}`] })).map(({ Spec }) => Spec.Labels[label.id]);
    const networks = (await this.swarm.find('/networks', { label: [`${label.role}=network`] })).map(({ Labels }) => Labels[label.id]);
    const awake = (await Promise.all(this.swarm.engines.map(runningAgents))).flat();
    return [
      ...differences('services', ids, await ofRole('agent')),
      ...differences('links', ids, await ofRole('link')),
      ...differences('networks', ids, networks),
      ...awake.map(({ id, node }) => `${id} sleeps, but its process runs on ${node}`),
    ];
  }

  // S2. Volumes are made by the node on which an agent first runs, and stay there for ever.
  async #volumes() {
    const seen = new Map();
    for (const engine of this.swarm.engines) {
      const { Volumes } = await engine.list('/volumes', { label: [label.instance] });
      for (const { Name } of Volumes ?? []) seen.set(Name, [...(seen.get(Name) ?? []), engine.node]);
    }
    const complaints = [];
    for (const [name, node] of this.volumesOf) {
      if (!(seen.get(name) ?? []).includes(node)) complaints.push(`S2: the volume ${name} is gone from ${node}`);
    }
    for (const [name, nodes] of seen) {
      if (nodes.length > 1) complaints.push(`S2: the volume ${name} is on ${nodes.join(' and ')}`);
      this.volumesOf.set(name, nodes[0]);
    }
    const states = [...seen.keys()].filter((name) => name.endsWith('-state')).length;
    if (states < this.people.length) complaints.push(`S2: ${states} volumes of state for ${this.people.length} agents`);
    return complaints;
  }

  // S5: what nobody may read, searched in what processes write and serve, in events and in labels.
  async #words() {
    const services = await this.swarm.find('/services', { label: [`${label.role}=agent`] });
    const tokens = services.flatMap(({ Spec }) => (Spec.TaskTemplate.ContainerSpec.Env ?? []).filter((line) => line.startsWith('AGENT_TOKEN=')).map((line) => line.slice(12)));
    const secrets = [...this.secrets, ...this.people.flatMap(({ key, token }) => [key, token.split('_').at(-1)]), ...tokens];
    const places = new Map([
      ['labels', JSON.stringify(services.map(({ Spec }) => [Spec.Labels, Spec.TaskTemplate.ContainerSpec.Labels]))],
      ['events', (await this.fleet.sql(`SELECT "reason", "message" FROM "AgentEvent"`)).flat().join('\n')],
      ['conditions', (await this.fleet.sql(`SELECT "conditions", "lastError" FROM "UserContainer"`)).flat().join('\n')],
      ['metrics', (await this.fleet.metrics()).join('\n')],
    ]);
    for (const name of ['api', 'controller', 'migrate']) places.set(`the log of ${name}`, await this.#log(name));
    if (!places.get('the log of controller')) return ['S5: the log of the controllers could not be read'];
    return [...places].flatMap(([place, text]) => secrets.filter((secret) => text.includes(secret)).map((secret) => `S5: a secret (${secret.slice(0, 4)}…) is in ${place}`));
  }

  // Of the containers that there are and those that ended, on each node.
  async #log(service) {
    const logs = await Promise.all(
      this.swarm.engines.map(async (engine) => {
        const containers = await engine.list('/containers/json?all=1', { label: [`com.docker.swarm.service.name=mosaic_${service}`] });
        return Promise.all(
          containers.map(async ({ Id }) => {
            const { status, body } = await engine.call('GET', `/containers/${Id}/logs?stdout=1&stderr=1`, { raw: true, limitMs: 60_000 });
            return status === 200 ? body.toString('latin1') : '';
          }),
        );
      }),
    );
    return logs.flat().join('\n');
  }
}
