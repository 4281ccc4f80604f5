// Run within the network of one of the fleet's containers: for each line "NAME:PORT" of standard input asks that service at
// /readyz until it says 200, by the name that the engine's resolver gives it, and then answers with a line.
import { Resolver } from 'node:dns/promises';
import http from 'node:http';
import readline from 'node:readline';

const limitMs = 120_000;
const askAgainMs = 20;
const resolver = new Resolver({ timeout: 500, tries: 1 });
resolver.setServers(['127.0.0.11']);

const status = (host, port) =>
  new Promise((resolve) => {
    http
      .get({ host, port, path: '/readyz', agent: false, timeout: 1_000 }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .on('timeout', function () {
        this.destroy();
      })
      .on('error', () => resolve(0));
  });

async function isReady(name, port) {
  const [address] = await resolver.resolve4(name).catch(() => []);
  return address !== undefined && (await status(address, port)) === 200;
}

for await (const line of readline.createInterface(process.stdin)) {
  const [name, port] = line.split(':');
  const deadline = performance.now() + limitMs;
  let ready;
  while (!(ready = await isReady(name, Number(port))) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, askAgainMs));
  process.stdout.write(ready ? 'ready\n' : 'not ready\n');
}
