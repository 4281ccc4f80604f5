// Certificates for servers of a test, each its own authority. Made by the openssl command.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export class Certificates {
  async start() {
    this.folder = await mkdtemp(path.join(os.tmpdir(), 'oidc-certificates-'));
  }

  // { file, key, cert } of a certificate that is for `name` ("DNS:localhost", "IP:127.0.0.1") alone.
  async make(label, name) {
    const file = path.join(this.folder, `${label}.pem`);
    const key = path.join(this.folder, `${label}.key`);
    await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1',
      '-subj', `/CN=${label}`, '-addext', `subjectAltName=${name}`, '-keyout', key, '-out', file]);
    return { file, key: await readFile(key), cert: await readFile(file) };
  }

  async stop() {
    await rm(this.folder, { recursive: true, force: true });
  }
}
