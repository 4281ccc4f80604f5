// Malformed requests made from the contract, as an admin, as a person and as nobody: refused, never a crash.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { Mosaic } from './mosaic.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const requests = process.env.MOSAIC_FUZZ_REQUESTS ?? '4000';

function fuzz(mosaic, headers, seed) {
  const args = [here('fuzz.mjs'), '--url', mosaic.url, '--contract', here('../../api/openapi.yaml'), '--requests', requests, '--seed', String(seed)];
  for (const [name, value] of Object.entries(headers)) args.push('--header', `${name}: ${value}`);
  return new Promise((done) => execFile(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => done({ error, output: stdout + stderr })));
}

test('malformed requests are refused by the thousand', async (context) => {
  const mosaic = new Mosaic();
  await mosaic.start();
  try {
    await mosaic.addPerson('alice');
    await mosaic.addPerson('root', 'admin');
    const callers = [{ 'X-Mosaic-Setup-Token': mosaic.setUpToken }, (await mosaic.newToken('alice', 'chat read write')).headers, (await mosaic.newToken('root', 'chat read write admin')).headers];
    for (const [seed, headers] of callers.entries()) {
      const { error, output } = await fuzz(mosaic, headers, seed + 1);
      assert.equal(error, null, output);
      context.diagnostic(output.trim());
    }
    assert.equal(mosaic.process.exitCode, null);
  } finally {
    await mosaic.stop();
  }
});
