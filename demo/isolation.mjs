// What one agent can reach, tried from inside its container.
import http from 'node:http';

import { check, say } from './timeline.mjs';

// Runs inside the container. Connects to every target at once; a target is reached when a connection stands.
const prober = `
const net = require('net');
const targets = JSON.parse(process.argv[1]);
Promise.all(targets.map(([name, host, port]) => new Promise((done) => {
  const socket = net.connect({ host, port, timeout: 2500 });
  const end = (reached, how) => { socket.destroy(); done({ name, host, port, reached, how }); };
  socket.on('connect', () => end(true, 'connected'));
  socket.on('timeout', () => end(false, 'no answer'));
  socket.on('error', (error) => end(false, error.code));
}))).then((results) => console.log(JSON.stringify(results)));
`;

const fetcher = `
const [url, token] = process.argv.slice(1);
fetch(url, { headers: token ? { authorization: 'Bearer ' + token } : {} })
  .then(async (answer) => console.log(JSON.stringify({ status: answer.status, body: await answer.text() })))
  .catch((error) => console.log(JSON.stringify({ status: String(error.cause?.code ?? error) })));
`;

const inside = (mosaic, agent, program, ...args) => mosaic.inside(agent, 'node', '-e', program, ...args).then(JSON.parse);

// A service of this machine on all its addresses: what is not reached is kept away by the wall, not by its absence.
export function startDecoy() {
  return new Promise((resolve) => {
    const server = http.createServer((_, response) => response.end('you should not see this\n'));
    server.listen(0, '0.0.0.0', () => resolve(server));
  });
}

const nobodysBusiness = [
  ['the cloud metadata address', '169.254.169.254', 80],
  ['the internet', '1.1.1.1', 443],
];

// `agents`: [{name, kind, container, id}]; the first one is the attacker.
export async function showNetwork(mosaic, agents, hostAddress, provider) {
  const decoy = await startDecoy();
  try {
    const [attacker, ...rest] = agents;
    const places = await mosaic.placesOf(attacker, rest, { hostAddress, decoyPort: decoy.address().port });
    const results = await inside(mosaic, attacker, prober, JSON.stringify([...places, ...nobodysBusiness]));
    for (const { name, host, port, how } of results) say(`    ${`${host}:${port}`.padEnd(23)} ${how.padEnd(13)} ${name}`);
    const reached = results.filter((result) => result.reached);
    check(reached.length === 0, `of ${results.length} places that are none of its business, ${attacker.name}'s agent reaches none`,
      reached.map(({ name }) => name).join(', '));
    const [host, port] = provider.split(':');
    const [allowed] = await inside(mosaic, attacker, prober, JSON.stringify([['provider', host, Number(port)]]));
    check(allowed.reached, 'it does reach the provider that the operator allowed');
  } finally {
    decoy.close();
  }
}

export async function showConfigEndpoint(mosaic, agent, other) {
  const environment = await mosaic.environmentOf(agent);
  const valueOf = (name) => environment.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
  const url = (owner) => `${valueOf('MOSAIC_API_URL')}/api/internal/agent-config/${owner.kind}/${owner.id}`;
  const ask = (owner, token) => inside(mosaic, agent, fetcher, url(owner), token);
  const own = await ask(agent, valueOf('AGENT_TOKEN'));
  check(own.status === 200, `${agent.name}'s agent gets its own configuration`, `status ${own.status}`);
  const foreign = await ask(other, valueOf('AGENT_TOKEN'));
  check(foreign.status === 404, `${agent.name}'s token opens nothing of ${other.name}: 404`, `status ${foreign.status}`);
  const anonymous = await ask(agent, '');
  check(anonymous.status === 404 && anonymous.body === foreign.body, 'no token, a wrong one, another one: the same answer');
}

export async function showBaseline(mosaic, agent) {
  const status = await mosaic.inside(agent, 'cat', '/proc/self/status');
  const line = (name) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1];
  for (const [fact, holds] of await mosaic.baselineOf(agent, line)) check(holds, fact);
}
