// The story that `./dev demo` tells; see run. Each chapter does what an operator or a user would do and states what
// must then be so. The first statement that is not so ends it with 1.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { showBaseline, showConfigEndpoint, showNetwork } from './isolation.mjs';
import { Mosaic } from './mosaic.mjs';
import { startProvider } from './provider_process.mjs';
import { begin, chapter, check, CheckFailed, elapsedMs, human, piece, printTimeline, say, took, until } from './timeline.mjs';

const here = path.dirname(new URL(import.meta.url).pathname);
const image = process.env.MOSAIC_DEMO_IMAGE ?? process.env.MOSAIC_TEST_AGENT_IMAGE ?? 'mosaic/openclaw:local';
const engine = process.env.MOSAIC_DEMO_ENGINE ?? process.env.MOSAIC_TEST_ENGINE ?? process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
const binary = process.env.MOSAIC_BINARY ?? path.join(here, '../build/release/cli/mosaic');
const subnets = process.env.MOSAIC_DEMO_SUBNETS ?? '10.219.0.0/20';
const bootLimitMs = 300_000;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mosaic-demo-'));
fs.chmodSync(folder, 0o711); // the embedded Postgres runs as a user of its own and has to pass
const alice = { name: 'alice', kind: 'user', container: 'mosaic-user-alice', soul: 'Ada', word: 'heron' };
const bob = { name: 'bob', kind: 'user', container: 'mosaic-user-bob', soul: 'Bruno', word: 'lighthouse' };
const research = { name: 'research', kind: 'system', container: 'research', soul: null, word: 'granite' };

let provider;
let mosaic;

function hostAddress() {
  if (process.env.MOSAIC_DEMO_ADDRESS) return process.env.MOSAIC_DEMO_ADDRESS;
  const own = Object.entries(os.networkInterfaces())
    .filter(([name]) => !/^(lo|docker|br-|mos|veth)/.test(name))
    .flatMap(([, addresses]) => addresses)
    .filter(({ family, internal }) => family === 'IPv4' && !internal);
  if (own.length === 0) throw new CheckFailed('this machine has no address for the provider; set MOSAIC_DEMO_ADDRESS');
  return own[0].address;
}

async function createProvider(owner, key, address) {
  const args = ['create', 'provider', '--owner', owner, '--name', 'local', '--type', 'custom', '--api-key-file', '-'];
  return mosaic.do([...args, '--base-url', `http://${address}/v1`, '--models', 'cogito,sage'], key);
}

async function setTheStage({ address, keys }) {
  chapter('Providers, two users and a system agent');
  for (const agent of [alice, bob]) {
    await createProvider(agent.name, keys[agent.name], address);
    const idle = agent === alice ? ['--idle-timeout-min', '1'] : [];
    agent.id = await mosaic.do(['create', 'user', agent.name, ...idle]);
    await mosaic.do(['set', 'config', agent.name, '--model', 'local/cogito', '--personality-file', '-'], `Call yourself ${agent.soul}. Be brief and kind.\n`);
    say(`${agent.name} has an agent called ${agent.soul}${agent === alice ? ', which sleeps after one idle minute' : ''}`);
  }
  const operations = await createProvider('operations', keys.operations, address);
  research.askedAt = Date.now();
  research.id = await mosaic.do(['create', 'system', 'research', '--role', 'research', '--model', 'local/cogito', '--provider', operations]);
  say('research is an agent of the platform itself, always on');
}

// The chat gateway counts every request as use. Talking past it, to the agent itself, we have to say so.
const use = (agent) => (agent.kind === 'user' ? mosaic.do(['wake', agent.kind, agent.name]) : null);

async function wakeUp(agent, what) {
  if (agent.kind === 'user') {
    await use(agent);
    agent.askedAt = Date.parse((await mosaic.describe(agent.kind, agent.name)).lastActiveAt);
  }
  let knocked = performance.now();
  const seen = await until(`${agent.name} was ready`, bootLimitMs, async () => {
    const now = await mosaic.describe(agent.kind, agent.name);
    if (now.status.phase === 'failed') throw new CheckFailed(`${agent.name} failed: ${now.status.lastError}`);
    if (performance.now() - knocked > 15_000) {
      knocked = performance.now();
      await use(agent); // somebody still waits, however slow this machine is
    }
    return now.status.phase === 'running' && now;
  });
  agent.endpoint = seen.status.endpoint;
  agent.token ??= await mosaic.do(['admin', 'agent-token', agent.kind, agent.name]);
  agent.startedAt = seen.status.startedAt;
  const ms = Date.parse(seen.status.readyAt) - agent.askedAt; // both from the row
  took(`${what}: commit to ready`, ms);
  say(`${agent.name} answers at ${agent.endpoint} after ${human(ms)}`);
  return seen;
}

async function talk(agent, message, what) {
  await use(agent);
  say(`you to ${agent.name}: ${message}`);
  begin(`${agent.name}: `);
  const turn = { endpoint: agent.endpoint, token: agent.token, session: 'demonstration', message };
  const reply = await mosaic.chat(turn, piece).finally(() => piece('\n'));
  if (what) took(`${what}: first word of the reply`, reply.firstTextMs);
  return reply.text;
}

async function firstWords() {
  chapter('Everybody wakes, and you talk to each through its own gateway');
  for (const agent of [research, bob, alice]) {
    const whose = agent === research ? 'operations' : agent.name;
    await wakeUp(agent, `${agent.name}, first start`);
    if (!mosaic.instance) await mosaic.findInstance([agent.id]);
    const text = await talk(agent, `Please remember the word ${agent.word}.`, `${agent.name}, first chat`);
    check(text.includes(`"${agent.word}"`) && text.includes('model cogito'), `${agent.name}'s agent answered, streamed`);
    check(text.includes(`key of ${whose},`), `the provider was asked with the key of ${whose} and no other`);
    if (agent.soul) check(text.startsWith(`${agent.soul} here.`), `it knows its personality: ${agent.soul}`);
  }
}

async function isolation(address) {
  chapter("Isolation, tried from inside alice's container");
  await use(alice);
  await showNetwork(mosaic, [alice, bob, research], hostAddress(), address);
  await showConfigEndpoint(mosaic, { ...alice }, { ...bob });
  chapter('What the engine says of that container');
  await showBaseline(mosaic, alice);
}

async function tellEvents(name, since) {
  for (const event of (await mosaic.events(name)).filter(({ id }) => id > since).reverse()) {
    say(`event  ${event.reason}: ${event.message}`);
  }
}

// What OpenClaw takes while it runs: no restart, not even for an open stream. Where nothing can be done within a container,
// it is one.
async function changeWhileRunning() {
  chapter("Bob's model changes while his agent runs");
  const since = (await mosaic.events('bob'))[0]?.id ?? 0;
  const asked = Date.now();
  await mosaic.do(['set', 'config', 'bob', '--model', 'local/sage']);
  const seen = await until("bob's agent had its new model", bootLimitMs, async () => {
    const now = await mosaic.describe('user', 'bob');
    const applied = mosaic.takesChangesWhileRunning
      ? now.status.conditions.some(({ reason }) => reason === 'Reloaded')
      : now.status.phase === 'running' && now.status.startedAt !== bob.startedAt;
    return applied && now;
  });
  took('bob, change of model: commit to applied', Date.now() - asked);
  await tellEvents('bob', since);
  if (mosaic.takesChangesWhileRunning) check(seen.status.startedAt === bob.startedAt, 'applied without a restart');
  bob.startedAt = seen.status.startedAt;
  bob.endpoint = seen.status.endpoint;
  const text = await talk(bob, 'Which word did I ask you to remember?');
  check(text.includes('model sage'), 'the new model answers');
  check(text.includes(`"${bob.word}"`) && text.includes('turn 2'), 'in the same session: it knows the word');
}

// What is fixed when a container is made: it rolls out to everybody who is awake, by new containers.
async function changeWithRestart() {
  chapter('A larger memory limit needs new containers, and rolls out by itself');
  const since = (await mosaic.events('bob'))[0]?.id ?? 0;
  const asked = Date.now();
  await mosaic.do(['set', 'fleet', 'memoryMb', '1552']);
  for (const agent of [bob, alice, research]) {
    const seen = await until(`${agent.name} ran with the new limit`, bootLimitMs, async () => {
      const now = await mosaic.describe(agent.kind, agent.name);
      const anew = now.status.phase === 'running' && now.status.startedAt !== agent.startedAt;
      return (anew || now.status.phase === 'stopped') && now;
    });
    agent.endpoint = seen.status.endpoint;
    agent.startedAt = seen.status.startedAt;
    if (agent === bob) took('bob, change of memory: commit to ready again', Date.parse(seen.status.readyAt) - asked);
  }
  await tellEvents('bob', since);
  const text = await talk(bob, 'Which word did I ask you to remember?');
  check(text.includes(`"${bob.word}"`) && text.includes('turn 3'), 'his session is still there');
}

async function sleepAndWake() {
  chapter('Alice is idle for her minute');
  const before = await mosaic.describe('user', 'alice');
  const due = Date.parse(before.lastActiveAt) + 60_000;
  say(`nobody has used her agent since; her minute is over in ${human(Math.max(0, due - Date.now()))}`);
  const asleep = await until('alice was asleep', 120_000, async () => {
    const now = await mosaic.describe('user', 'alice');
    return now.status.phase === 'stopped' && now;
  });
  took('alice, idle: deadline to stopped', Date.parse(asleep.status.asleepSince) - due);
  check(!(await mosaic.hasProcess(alice)), 'her container has no process any more');
  const ready = asleep.status.conditions.find(({ type }) => type === 'Ready');
  say(`mosaic says: ${ready.reason}, ${ready.message}`);
  const others = await mosaic.describe('user', 'bob');
  check(others.status.phase === 'running', 'bob, with the usual 30 minutes, is awake');

  chapter('Alice comes back');
  await wakeUp(alice, 'alice, second start');
  const text = await talk(alice, 'Which word did I ask you to remember?', 'alice, chat after waking');
  check(text.includes(`"${alice.word}"`) && text.includes('turn 2'), 'her session survived: her agent knows the word');
}

async function tidyUp() {
  chapter('Everything is taken down again');
  for (const agent of [alice, bob, research]) await mosaic.do(['delete', agent.kind, agent.name, '--purge']);
  await until('the engine was empty again', 60_000, async () => (await mosaic.objects()).length === 0);
  check(true, 'deleted with their data: no container, network or volume is left');
  await mosaic.end();
}

async function explain(error) {
  process.stderr.write(`\n${error instanceof CheckFailed ? error.message : (error.stack ?? error)}\n`);
  if (!mosaic) return;
  const events = await mosaic.events().catch(() => []);
  for (const { at, key, reason, message } of events.slice(0, 30)) process.stderr.write(`  ${at} ${key} ${reason}: ${message}\n`);
  process.stderr.write(`--- the end of mosaic's log\n${mosaic.lastLog(30)}\n`);
}

async function removeFromEngine() {
  if (!mosaic) return;
  if (!mosaic.instance) await mosaic.findInstance([research, bob, alice].flatMap(({ id }) => id ?? []));
  await mosaic.removeObjects();
}

let cleaning;
function cleanUp() {
  cleaning ??= (async () => {
    await mosaic?.down();
    await removeFromEngine().catch((error) => process.stderr.write(`${error.message}\n`));
    provider?.kill();
    fs.rmSync(folder, { recursive: true, force: true });
  })();
  return cleaning;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, async () => {
    process.stderr.write(`\nstopped by ${signal}; cleaning up\n`);
    await cleanUp();
    process.exit(130);
  });
}

try {
  chapter('A provider of models on this machine, and Mosaic Fleet');
  const stage = await startProvider({ listen: hostAddress(), port: process.env.MOSAIC_DEMO_PORT, owners: ['alice', 'bob', 'operations'], folder });
  provider = stage.process;
  say(`the provider listens on ${stage.address}; agents may reach nothing else`);
  const Deployment = process.env.MOSAIC_DEMO_DEPLOYMENT ? (await import(process.env.MOSAIC_DEMO_DEPLOYMENT)).default : Mosaic;
  mosaic = new Deployment({ binary, engine, image, subnets, folder, egress: stage.address });
  await mosaic.up();
  took(`${mosaic.whatStarts}: start to ready`, elapsedMs());
  say(mosaic.readyWords());
  await setTheStage(stage);
  await firstWords();
  await isolation(stage.address);
  await changeWhileRunning();
  await sleepAndWake();
  await changeWithRestart();
  await tidyUp();
  printTimeline();
  process.stdout.write(`\nEverything held, in ${human(elapsedMs())}.\n`);
} catch (error) {
  if (!cleaning) {
    await explain(error);
    process.exitCode = 1;
  }
} finally {
  await cleanUp();
}
