// A fleet deployed by manifests/swarm-stack.yml, as the story of demo/demo.mjs handles it: what demo/mosaic.mjs is for one host.
// Commands run within a controller's container, turns with an agent's gateway from within an API process's network.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Mosaic } from '../../demo/mosaic.mjs';
import { check, CheckFailed, until } from '../../demo/timeline.mjs';
import { run, Swarm } from './swarm.mjs';

const chatProgram = fileURLToPath(new URL('../../demo/chat.mjs', import.meta.url));
const lab = process.env.MOSAIC_TEST_SWARM_LAB;
const instanceLabel = 'com.mosaic.instance';
const turnLimitMs = 120_000;

export default class Stack extends Mosaic {
  whatStarts = 'the stack, which was deployed before';
  takesChangesWhileRunning = false;

  constructor(settings) {
    super(settings);
    this.swarm = new Swarm();
  }

  async up() {
    await until('every process of the stack runs', 120_000, async () => {
      const counts = await Promise.all(['postgres', 'api', 'controller'].map((name) => this.swarm.containersOf(`mosaic_${name}`)));
      return counts.every((containers) => containers.length > 0);
    });
  }

  readyWords() {
    return 'Postgres, API processes and controllers run on their nodes';
  }

  async do(args, input) {
    const [controller] = await this.swarm.containersOf('mosaic_controller');
    const interactive = input === undefined ? [] : ['--interactive'];
    const out = await controller.engine.docker(['exec', ...interactive, controller.id, 'mosaic', ...args], { input }).catch((error) => {
      throw new CheckFailed(`mosaic ${args.join(' ')}: ${error.message}`);
    });
    return out.trimEnd();
  }

  async findInstance() {
    const [service] = await this.swarm.find('/services', { label: [instanceLabel] });
    this.instance = service?.Spec.Labels[instanceLabel];
  }

  async #serviceOf(agent) {
    const [service] = await this.swarm.find('/services', { label: [`com.mosaic.id=${agent.id}`, 'com.mosaic.role=agent'] });
    return service;
  }

  // {engine, seen}: the agent's container, and the engine of its node; nothing when it has none that runs.
  async #containerOf(agent) {
    for (const engine of this.swarm.engines) {
      const [found] = await engine.list('/containers/json', { label: [`com.mosaic.id=${agent.id}`, 'com.mosaic.role=agent'], status: ['running'] });
      if (found) return { engine, seen: (await engine.call('GET', `/containers/${found.Id}/json`)).body };
    }
    return null;
  }

  async inside(agent, ...command) {
    const { engine, seen } = await this.#containerOf(agent);
    return (await engine.docker(['exec', seen.Id, ...command])).trimEnd();
  }

  async chat({ endpoint, token, session, message }, onText) {
    const [{ engine, id }] = await this.swarm.containersOf('mosaic_api');
    const { body } = await engine.call('GET', `/containers/${id}/json`);
    const args = ['in', engine.node, '--', 'nsenter', '--target', String(body.State.Pid), '--net', '--', process.execPath, chatProgram, endpoint, session, message];
    const reply = JSON.parse(await run(lab, args, { limitMs: turnLimitMs, env: { ...process.env, AGENT_GATEWAY_TOKEN: token } }));
    onText(reply.text);
    return reply;
  }

  async hasProcess(agent) {
    return (await this.#containerOf(agent)) !== null;
  }

  async environmentOf(agent) {
    return (await this.#containerOf(agent)).seen.Config.Env;
  }

  async placesOf(agent, others, { hostAddress, decoyPort }) {
    const addressOn = (seen, network) => Object.entries(seen.NetworkSettings.Networks).find(([name]) => name.includes(network))?.[1].IPAddress;
    const agents = await Promise.all(
      others.map(async (other) => [`the agent of ${other.name}`, Object.values((await this.#containerOf(other)).seen.NetworkSettings.Networks)[0].IPAddress, 18789]),
    );
    const links = others.map((other) => [`the link of ${other.name}`, other.endpoint.split(':')[0], 18789]);
    const processes = [];
    for (const [name, network, port] of [['postgres', 'database', 5432], ['api', 'mosaic-fleet', 8080], ['controller', 'mosaic-fleet', 8080]]) {
      for (const { engine, id } of await this.swarm.containersOf(`mosaic_${name}`)) {
        const { body } = await engine.call('GET', `/containers/${id}/json`);
        processes.push([`${name} on ${engine.node}`, addressOn(body, network), port]);
      }
    }
    const nodes = this.swarm.engines.flatMap(({ node }, index) => [
      [`the swarm's port of ${node}`, `198.19.0.${index + 1}`, 2377],
      [`the API for people on ${node}`, `198.19.0.${index + 1}`, 8080],
    ]);
    return [...agents, ...links, ...processes, ...nodes, ['the API of its own node, by the bridge', '172.18.0.1', 8080], ['another service beside the provider', hostAddress, decoyPort]];
  }

  async baselineOf(agent, status) {
    const { Config: config, HostConfig: host, NetworkSettings: network } = (await this.#containerOf(agent)).seen;
    const service = await this.#serviceOf(agent);
    const { conditions } = (await this.describe(agent.kind, agent.name)).status;
    const gaps = conditions.find(({ type }) => type === 'Baseline')?.message ?? '';
    return [
      [`user ${config.User}`, config.User === '1000:1000'],
      [`capabilities dropped: ${host.CapDrop}; effective: ${status('CapEff')}`, /^0+$/.test(status('CapEff'))],
      [`what a Swarm takes from no service, the condition Baseline says: ${gaps.slice(0, 90)}…`, gaps.includes('no-new-privileges')],
      ['root file system is read-only', host.ReadonlyRootfs],
      [`memory ${host.Memory / 1048576} MB, processes ${host.PidsLimit}`, host.Memory > 0 && host.PidsLimit > 0],
      ['nothing published on its node', Object.values(network.Ports ?? {}).every((bound) => !bound)],
      ['nothing of its node mounted', !(host.Binds ?? []).length && !host.Privileged],
      ['a network of its own', Object.keys(network.Networks).length === 1],
      [`the swarm does not restart it by itself: "${service.Spec.TaskTemplate.RestartPolicy.Condition}"`, service.Spec.TaskTemplate.RestartPolicy.Condition === 'none'],
    ];
  }

  // What is left of the fleet's agents. A volume on another node than the controller's is emptied instead of removed.
  async objects() {
    const filter = { label: [`${instanceLabel}=${this.instance}`] };
    const found = [];
    for (const kind of ['services', 'networks', 'configs']) found.push(...(await this.swarm.find(`/${kind}`, filter)).map(({ ID, Id }) => ({ kind, id: ID ?? Id })));
    for (const engine of this.swarm.engines) {
      const { Volumes } = await engine.list('/volumes', filter);
      for (const { Name } of Volumes ?? []) {
        const kept = await run('find', [path.join(path.dirname(engine.socketPath), 'docker/volumes', Name, '_data'), '-mindepth', '1']);
        if (kept) found.push({ kind: 'volume', id: Name });
      }
    }
    return found;
  }

  async removeObjects() {
    // The sandbox ends with everything in it.
  }

  async down() {
    return 0;
  }

  async end() {
    for (const name of ['api', 'controller', 'postgres']) check((await this.swarm.containersOf(`mosaic_${name}`)).length > 0, `${name} runs as at the beginning`);
  }

  lastLog() {
    return '(docker service logs mosaic_controller)';
  }
}
