// provider.mjs as a process of its own, with a key for each owner.
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';

const here = path.dirname(new URL(import.meta.url).pathname);

// Listens on the address `listen`, and a free port of it without `port`. Resolves to {address: "ADDRESS:PORT", keys: {owner: key},
// process}; its keys and its log are in `folder`.
export async function startProvider({ listen, port = 0, owners, folder }) {
  const keys = Object.fromEntries(owners.map((owner) => [owner, crypto.randomBytes(16).toString('hex')]));
  const file = path.join(folder, 'keys.json');
  fs.writeFileSync(file, JSON.stringify(keys), { mode: 0o600 });
  const args = [path.join(here, 'provider.mjs'), '--listen', `${listen}:${port}`, '--keys', file, '--log', path.join(folder, 'provider.log')];
  const provider = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const line = await new Promise((resolve, reject) => {
    readline.createInterface(provider.stdout).once('line', resolve);
    provider.once('exit', () => reject(new Error('the provider did not start')));
  });
  return { address: line.replace('listening on ', ''), keys, process: provider };
}
