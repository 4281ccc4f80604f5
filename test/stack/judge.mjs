// The judgement on a deployed stack; see judge. Says how far it is, writes proof lines, and ends with 0 only if all held.
import fs from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';

import { startProvider } from '../../demo/provider_process.mjs';
import { Faults } from './faults.mjs';
import { Fleet, StateLost } from './fleet.mjs';
import { Judge, RunningWatch } from './invariants.mjs';
import { pause, Swarm } from './swarm.mjs';
import { wakeRatio } from './wake_ratio.mjs';

const work = process.env.MOSAIC_STACK_WORK;
const labAddress = '198.19.0.254';
const standInMemoryMb = 64;
const roundLimitMs = 420_000; // from the first message until everybody has answered
const restLimitMs = 240_000;
const lookEveryMs = 500;
const leaveAgainMs = 4_000;
const largestRatio = 1.1;
const longCount = 900; // words of a turn that outlasts every deadline of idleness, at 25 ms each

const { values: options } = parseArgs({
  options: {
    agents: { type: 'string', default: '12' },
    'stand-ins': { type: 'string', default: '60' },
    cycles: { type: 'string', default: '20' },
    pairs: { type: 'string', default: '9' },
    boots: { type: 'string', default: '3' }, // people with a real OpenClaw who come at once: more than that two cores do not boot in time
    faults: { type: 'string', default: '' }, // part of a name: only those
  },
});
const amount = Object.fromEntries(['agents', 'stand-ins', 'cycles', 'pairs', 'boots'].map((name) => [name, Number(options[name])]));

const began = performance.now();
const say = (text) => process.stdout.write(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
// What all processes of this machine have used so far.
const busySeconds = () => os.cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
const quantile = (values, share) => (values.length === 0 ? 0 : values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]);

function prove(claim, figure, held) {
  say(`${held ? 'held' : 'NOT HELD'}: ${claim} (${figure})`);
  if (!held) process.exitCode = 1;
  if (process.env.MOSAIC_PROOF) fs.appendFileSync(process.env.MOSAIC_PROOF, `${JSON.stringify({ section: 'swarm', claim, figure, held })}\n`);
}

// Lets so many in at once.
class Turnstile {
  #waiting = [];

  constructor(places) {
    this.places = places;
  }

  async through(action) {
    if (this.places === 0) await new Promise((resolve) => this.#waiting.push(resolve));
    else this.places -= 1;
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.places += 1;
    }
  }
}

class Judgement {
  boots = new Turnstile(amount.boots);
  violations = [];
  wakes = { agent: [], stand: [] };
  turns = 0;
  lost = 0;
  struck = new Map(); // fault's claim: [{healMs, failures, words}]

  async begin() {
    this.swarm = new Swarm();
    this.fleet = new Fleet(this.swarm, fs.readFileSync(`${work}/chat-token`, 'utf8').trim());
    await this.fleet.call('PUT', '/api/settings/limits', { body: { providerPrivateRanges: [`${labAddress}/32`] } });
    this.names = [...numbered('agent', amount.agents), ...numbered('stand', amount['stand-ins'])];
    const newcomers = numbered('new', amount.cycles);
    this.provider = await startProvider({ listen: labAddress, owners: [...this.names, ...newcomers], folder: work });
    this.people = this.names.map((name) => this.person(name));
    await this.fleet.enrol(this.people);
    this.judge = new Judge(this.swarm, this.fleet, this.people);
    this.judge.secrets = ['secret-key', 'database-password'].map((file) => fs.readFileSync(`${work}/${file}`, 'utf8'));
    await this.judge.begin();
    this.watch = new RunningWatch(this.swarm);
    this.faults = new Faults(this.swarm, this.fleet, { newcomer: async () => this.person(newcomers.shift(), true) }).all().filter(({ name }) => name.includes(options.faults));
    say(`${amount.agents} people with a real OpenClaw, ${amount['stand-ins']} with a stand-in`);
  }

  person(name, standsIn = name.startsWith('stand')) {
    const person = { name, counter: 0, providerUrl: `http://${this.provider.address}/v1`, key: this.provider.keys[name] };
    if (standsIn) return { ...person, standsIn, memoryMb: standInMemoryMb };
    return { ...person, standsIn, image: process.env.MOSAIC_TEST_AGENT_IMAGE };
  }

  note(violation) {
    this.violations.push(violation);
    say(`VIOLATION ${violation}`);
  }

  // Resolves to how many tries failed before each was answered.
  async converseAll(people, limitMs = roundLimitMs) {
    const converse = (person) => this.fleet.converse(person, limitMs);
    const outcomes = await Promise.allSettled(people.map((person) => (person.standsIn ? converse(person) : this.boots.through(() => converse(person)))));
    let failures = 0;
    outcomes.forEach((outcome, index) => {
      const person = people[index];
      this.turns += 2;
      if (outcome.status === 'rejected') {
        if (outcome.reason instanceof StateLost) this.lost += 1;
        this.note(outcome.reason.message);
        return;
      }
      failures += outcome.value.failures.length;
      this.lastFailures.push(...outcome.value.failures);
      this.wakes[person.standsIn ? 'stand' : 'agent'].push(outcome.value.wakeMs);
    });
    return failures;
  }

  // One more question to those who were awake when something happened.
  async rememberAll(people) {
    const outcomes = await Promise.allSettled(people.map((person) => this.fleet.remembers(person, roundLimitMs)));
    this.turns += people.length;
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      if (outcome.reason instanceof StateLost) this.lost += 1;
      this.note(outcome.reason.message);
    }
    return outcomes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  }

  async fallAsleep(people, byItself = false) {
    const ids = new Set(people.map(({ id }) => id));
    const deadline = performance.now() + restLimitMs;
    let alone = 0;
    for (;;) {
      // The API may be writing down a last turn still, so once is not enough.
      if (!byItself && performance.now() > alone) {
        await this.fleet.leaveAlone(people);
        alone = performance.now() + leaveAgainMs;
      }
      const agents = await this.fleet.agents();
      const awake = [...agents].filter(([id, { phase }]) => ids.has(id) && phase !== 'stopped');
      if (awake.length === 0 && (await this.noProcess(ids))) return;
      if (performance.now() > deadline) {
        this.note(`not asleep within ${restLimitMs / 1000} s: ${awake.map(([id, { phase, reason }]) => `${id} ${phase} ${reason}`).join(', ') || 'a process goes on'}`);
        return;
      }
      await pause(lookEveryMs);
    }
  }

  async noProcess(ids) {
    const running = await Promise.all(this.swarm.engines.map((engine) => engine.list('/containers/json', { label: ['com.mosaic.role=agent'], status: ['running'] }).catch(() => [])));
    return !running.flat().some(({ Labels }) => ids.has(Labels['com.mosaic.id']));
  }

  async becomesWhole() {
    const deadline = performance.now() + restLimitMs;
    while (!(await this.fleet.isWhole())) {
      if (performance.now() > deadline) return this.note(`not every process of the stack is back within ${restLimitMs / 1000} s`);
      await pause(lookEveryMs);
    }
  }

  // S3: a turn that goes on is not ended by a deadline of idleness that is long over.
  async longTurn() {
    const person = this.people.find(({ standsIn }) => !standsIn);
    if (!person) return;
    const turn = this.fleet.say(person, `Please count to ${longCount}.`, roundLimitMs);
    let ended = false;
    const end = () => (ended = true);
    turn.then(end, end);
    while (!ended) {
      await this.fleet.leaveAlone([person]);
      await pause(lookEveryMs);
    }
    const { text, failures } = await turn;
    if (failures.length > 0 || !text.includes(` ${longCount} `)) this.note(`S3: a running turn was ended: ${failures.join('; ') || text.slice(-80)}`);
  }

  async cycle(number, faults) {
    const roundBegan = performance.now();
    const busyBefore = busySeconds();
    this.lastFailures = [];
    const firstHalf = this.people.filter((_, index) => index % 2 === number % 2);
    const secondHalf = this.people.filter((person) => !firstHalf.includes(person));
    this.fleet.patience = faults.length > 0 ? { limitMs: 120_000, silenceMs: 25_000 } : { limitMs: 240_000, silenceMs: 0 };
    let failures = 0;
    let words = '';
    if (faults.length === 0) {
      failures = await this.converseAll(this.people);
      if (number === 1) await this.longTurn();
      if (failures > 0) this.note(`${failures} turns failed and nothing had happened: ${this.lastFailures.slice(0, 3).join('; ')}`);
    } else {
      failures += await this.converseAll(firstHalf);
      if (failures > 0) this.note(`${failures} turns failed before anything happened: ${this.lastFailures.slice(0, 3).join('; ')}`);
      // Of several, each meets agents that are awake and agents that sleep.
      const parts = faults.map((_, index) => secondHalf.filter((__, at) => at % faults.length === index));
      for (const [index, fault] of faults.entries()) {
        const struck = await this.strike(fault, parts[index], firstHalf);
        failures += struck.failures;
        words += `; ${fault.name}: all served ${seconds(struck.healMs)} after its end`;
      }
    }
    const answered = performance.now() - roundBegan;
    await this.fallAsleep(this.people, number === 1);
    await this.becomesWhole();
    for (const violation of await this.judge.judge()) this.note(violation);
    for (const violation of this.watch.violations().splice(this.doublesTold)) this.note(violation);
    this.doublesTold = this.watch.violations().length;
    say(`cycle ${number} of ${amount.cycles}: answered in ${seconds(answered)}, at rest in ${seconds(performance.now() - roundBegan)}, ${failures} tries failed, ${Math.round(busySeconds() - busyBefore)} s of CPU on this machine${words}`);
  }

  // What does not come to pass is a violation, and the next fault's turn comes all the same.
  async noting(name, action) {
    try {
      return (await action()) ?? '';
    } catch (error) {
      this.note(`${name}: ${error.message}`);
      return '';
    }
  }

  async strike(fault, wakers, awake) {
    const before = this.violations.length;
    await fault.strike();
    say(`${fault.name}: struck; ${wakers.length} wake, ${awake.length} are asked again`);
    const turns = Promise.all([this.converseAll(wakers), this.rememberAll(awake)]);
    const words = await this.noting(fault.name, () => fault.during());
    await this.noting(fault.name, () => fault.undo());
    say(`${fault.name}: undone${words && `; ${words}`}`);
    const undone = performance.now();
    const failures = (await turns).reduce((sum, count) => sum + count, 0);
    const struck = { healMs: performance.now() - undone, failures, words, held: this.violations.length === before };
    this.struck.set(fault, [...(this.struck.get(fault) ?? []), struck]);
    return struck;
  }

  // Which faults strike in which cycle: with enough cycles one in each but the first, else several in one.
  faultsOf(number) {
    const { faults } = this;
    if (number === 1 || faults.length === 0) return [];
    if (amount.cycles - 1 >= faults.length) return [faults[(number - 2) % faults.length]];
    return faults.filter((_, index) => index % (amount.cycles - 1) === number - 2);
  }

  async run() {
    await this.begin();
    this.doublesTold = 0;
    try {
      for (let number = 1; number <= amount.cycles; ++number) await this.cycle(number, this.faultsOf(number));
    } finally {
      this.tell(); // what was measured until then
    }
    await this.measure();
  }

  tell() {
    const people = `${amount.agents} OpenClaw agents and ${amount['stand-ins']} stand-ins on 3 nodes`;
    const times = (values) => `${seconds(quantile(values, 0.5))} p50, ${seconds(quantile(values, 0.95))} p95`;
    prove(
      'agents wake, chat, idle and wake with their state, whatever happens to the swarm',
      `${people}, ${amount.cycles} cycles, ${this.turns} turns, ${this.lost} lost; wakes incl. queue and faults: OpenClaw ${times(this.wakes.agent)}, stand-ins ${times(this.wakes.stand)}`,
      this.lost === 0 && this.people.every(({ counter }) => counter === amount.cycles),
    );
    for (const [{ name, claim }, struck] of this.struck) {
      const longest = Math.max(...struck.map(({ healMs }) => healMs));
      const told = struck.map(({ words }) => words).find(Boolean);
      const failures = struck.reduce((sum, one) => sum + one.failures, 0);
      prove(`${name}: ${claim}`, `${struck.length} times, all served within ${seconds(longest)} of its end, ${failures} tries repeated${told ? `; ${told}` : ''}`, struck.every(({ held }) => held));
    }
    prove(
      'S1, S2, S3, S5, S7, no orphan and no second volume, at rest after each cycle',
      `${this.watch.looks} looks at what runs, ${this.judge.judgements} judgements, ${this.violations.length} violations; longest hand-over of one task to the next ${this.watch.longestDoubleMs()} ms`,
      this.violations.length === 0,
    );
  }

  async measure() {
    const person = this.people.find(({ standsIn }) => standsIn);
    if (!person || amount.pairs === 0) return;
    const { oursMs, bareMs, ratio, pairs } = await wakeRatio(this.swarm, this.fleet, person, amount.pairs, (one) => this.fallAsleep([one]));
    prove(`waking takes at most ${largestRatio} of a bare service scale and probe`, `${ratio.toFixed(2)}: ${Math.round(oursMs)} ms to the first word of the answer, bare ${Math.round(bareMs)} ms, medians of ${pairs} pairs`, ratio <= largestRatio);
  }

  async end() {
    await this.watch?.end();
    this.provider?.process.kill();
  }
}

const numbered = (word, count) => Array.from({ length: count }, (_, index) => `${word}-${String(index + 1).padStart(2, '0')}`);

const judgement = new Judgement();
try {
  await judgement.run();
} catch (error) {
  say(`FAILED: ${error.stack ?? error}`);
  prove('it ran to its end', error.message, false);
} finally {
  await judgement.end();
}
say(process.exitCode ? 'not everything held' : 'everything held');
