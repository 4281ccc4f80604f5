// What befalls the fleet between two sleeps, on the nodes of environment/swarm-lab. n2 keeps the database.
//
// A fault is {name, claim, strike, during, undo}: strike() does it, during() waits for what must be seen then and resolves to
// words about it, undo() takes it back. What happens to turns meanwhile is the caller's to judge.
import { lab, pause } from './swarm.mjs';

const seenLimitMs = 120_000;
const recoveredLimitMs = 240_000;
const lookEveryMs = 1_000;
const fillerLabel = 'judge.filler';
const fillersAtOnce = 16;
const mostFillers = 1024;
const fillersSettleMs = 5_000;

async function eventually(what, limitMs, look) {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await pause(lookEveryMs);
  }
}

export class Faults {
  constructor(swarm, fleet, { newcomer }) {
    this.swarm = swarm;
    this.fleet = fleet;
    this.newcomer = newcomer; // makes one more person, without an agent yet
  }

  all() {
    const nothing = async () => '';
    return [
      { name: 'node killed', claim: 'agents of a node that dies wait, say so, and run there again with their state', ...this.#killed(() => 'n3'), during: () => this.#somebodyWaits() },
      { name: 'node partitioned', claim: 'agents of a node that is cut off wait, and after healing run once, with their state', ...this.#partitioned('n3'), during: () => this.#somebodyWaits() },
      { name: 'node drained', claim: 'agents of a drained node wait, say so, and come back with their state', ...this.#drained('n1'), during: () => this.#somebodyWaits() },
      { name: 'leading manager lost', claim: 'with three managers the fleet outlives the loss of the leading one', ...this.#killed(() => this.swarm.leader()), during: nothing },
      { name: 'controllers killed', claim: 'SIGKILL of all controllers stops nobody and loses nothing', ...this.#processesKilled('mosaic_controller'), during: nothing },
      { name: 'API processes killed', claim: 'SIGKILL of all API processes loses no state', ...this.#processesKilled('mosaic_api'), during: nothing },
      { name: 'address pool exhausted', claim: 'who finds no network waits and says so, and is served once one is free; nobody else notices', ...this.#exhausted() },
      { name: "the database's node killed", claim: 'the fleet outlives the loss of the node that keeps its database', ...this.#killed(() => 'n2'), during: nothing },
    ];
  }

  // Someone whose agent cannot run now is told why, in the swarm's words.
  #somebodyWaits() {
    return eventually('an agent says WaitingForNode', seenLimitMs, async () => {
      const waiting = [...(await this.fleet.agents()).values()].filter(({ reason }) => reason === 'WaitingForNode');
      const [told] = waiting.map(({ message }) => /: (.{10,})/.exec(message)?.[1]).filter(Boolean);
      return told && `${waiting.length} wait: "${told.slice(0, 120)}"`;
    });
  }

  #killed(choose) {
    let node;
    return {
      strike: async () => {
        node = await choose();
        await lab(`kill ${node}`);
      },
      undo: async () => {
        await lab(`start ${node}`);
        await lab('wait');
      },
    };
  }

  #partitioned(node) {
    return {
      strike: () => lab(`partition ${node}`),
      undo: async () => {
        await lab(`heal ${node}`);
        await lab('wait');
      },
    };
  }

  #drained(node) {
    return { strike: () => this.swarm.setAvailability(node, 'drain'), undo: () => this.swarm.setAvailability(node, 'active') };
  }

  #processesKilled(service) {
    return {
      strike: async () => {
        for (const { engine, id } of await this.swarm.containersOf(service)) await engine.call('POST', `/containers/${id}/kill`);
      },
      undo: async () => {},
    };
  }

  #exhausted() {
    let person;
    let turn;
    return {
      strike: () => this.#fill(),
      during: async () => {
        person = await this.newcomer();
        await this.fleet.enrol([person]);
        turn = this.fleet.converse(person, recoveredLimitMs);
        turn.catch(() => {}); // awaited below
        return eventually('the newcomer says SubnetsExhausted', seenLimitMs, async () => {
          const { reason, message } = await this.fleet.see(person);
          return reason === 'SubnetsExhausted' && `"${message.slice(0, 120)}"`;
        });
      },
      undo: async () => {
        await this.#clear();
        if (!turn) return; // no newcomer came to be
        await turn;
        await this.fleet.call('DELETE', `/api/fleet/user/${person.id}?purge=true`, { body: { confirm: person.name } });
        await eventually('the newcomer is purged', recoveredLimitMs, async () => !(await this.fleet.agents()).has(person.id));
      },
    };
  }

  async #fillers() {
    return this.swarm.find('/networks', { label: [fillerLabel] });
  }

  // Networks of somebody else, until one finds no addresses; the engine says "created" all the same.
  async #fill() {
    for (let made = 0; made < mostFillers; made += fillersAtOnce) {
      for (let number = made; number < made + fillersAtOnce; ++number) {
        await this.swarm.manage('POST', '/networks/create', { body: { Name: `filler-${number}`, Driver: 'overlay', Labels: { [fillerLabel]: 'yes' } } });
      }
      const deadline = performance.now() + fillersSettleMs;
      const without = async () => (await this.#fillers()).filter(({ IPAM }) => !IPAM?.Config?.length).length;
      while ((await without()) > 0) {
        if (performance.now() > deadline) return;
        await pause(lookEveryMs / 4);
      }
    }
    throw new Error(`${mostFillers} networks do not exhaust the swarm: start it with MOSAIC_SWARM_POOL, such as 10.201.0.0/20:27`);
  }

  async #clear() {
    for (const { Id } of await this.#fillers()) await this.swarm.manage('DELETE', `/networks/${Id}`, { accept: [404] });
  }
}
