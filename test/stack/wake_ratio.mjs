// How long the fleet takes to wake an agent, over what the swarm itself takes: a bare `service scale` of the same container on
// the fleet's network and a probe from there. Measured in pairs, so that whatever else the machine does befalls both.
import { spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';

import { pause } from './swarm.mjs';

const here = path.dirname(new URL(import.meta.url).pathname);
const wakeLimitMs = 120_000;
const gatewayPort = 18789;
const bareName = 'bare';

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

// A process within the network of an API process's container, as near to agents as the fleet's own gateway.
async function startProber(swarm) {
  const [{ engine, id }] = await swarm.containersOf('mosaic_api');
  const { body } = await engine.call('GET', `/containers/${id}/json`);
  const args = ['in', engine.node, '--', 'nsenter', '--target', String(body.State.Pid), '--net', '--', process.execPath, path.join(here, 'prober.mjs')];
  const prober = spawn(process.env.MOSAIC_TEST_SWARM_LAB, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = readline.createInterface(prober.stdout)[Symbol.asyncIterator]();
  return {
    async waitFor(name) {
      prober.stdin.write(`${name}:${gatewayPort}\n`);
      const { value } = await lines.next();
      if (value !== 'ready') throw new Error(`the bare service did not answer: ${value ?? 'the prober ended'}`);
    },
    end: () => prober.stdin.end(),
  };
}

// A service like the agent's, with volumes of its own, and nothing of ours around it; asleep.
async function makeBare(swarm, person) {
  const [agent] = await swarm.find('/services', { label: [`com.mosaic.id=${person.id}`, 'com.mosaic.role=agent'] });
  const spec = structuredClone(agent.Spec);
  spec.Name = bareName;
  spec.Labels = {};
  spec.Mode.Replicated.Replicas = 0;
  const { ContainerSpec: container } = spec.TaskTemplate;
  container.Labels = {};
  container.Env = container.Env.map((line) => (line.startsWith('MOSAIC_API_URL=') ? 'MOSAIC_API_URL=http://api:18080' : line));
  for (const mount of container.Mounts) if (mount.Type === 'volume') mount.Source = `${bareName}${mount.Source}`;
  spec.TaskTemplate.Networks = [{ Target: 'mosaic-fleet', Aliases: [bareName] }];
  delete spec.Networks;
  return (await swarm.manage('POST', '/services/create', { body: spec })).ID;
}

async function scale(swarm, id, replicas) {
  await swarm.changeService(id, (spec) => (spec.Mode.Replicated.Replicas = replicas));
}

async function timed(action) {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

// `fallAsleep(person)` resolves once the agent has no process. Resolves to {oursMs, bareMs, ratio, pairs}, medians.
export async function wakeRatio(swarm, fleet, person, pairs, fallAsleep) {
  const prober = await startProber(swarm);
  const bare = await makeBare(swarm, person);
  const ours = [];
  const theirs = [];
  const wakeOurs = async () => {
    ours.push(await timed(() => fleet.remembers(person, wakeLimitMs)));
    await fallAsleep(person);
  };
  const wakeBare = async () => {
    theirs.push(
      await timed(async () => {
        await scale(swarm, bare, 1);
        await prober.waitFor(bareName);
      }),
    );
    await scale(swarm, bare, 0);
    while ((await swarm.find('/tasks', { service: [bareName] })).length > 0) await pause(100);
  };
  try {
    await wakeOurs(); // the way is there afterwards, as it is for whoever comes back within the hour
    ours.pop();
    await wakeBare(); // likewise its volumes
    theirs.pop();
    for (let pair = 0; pair < pairs; ++pair) for (const wake of pair % 2 === 0 ? [wakeOurs, wakeBare] : [wakeBare, wakeOurs]) await wake();
  } finally {
    prober.end();
    await swarm.manage('DELETE', `/services/${bare}`, { accept: [404] });
  }
  return { oursMs: median(ours), bareMs: median(theirs), ratio: median(ours) / median(theirs), pairs };
}
