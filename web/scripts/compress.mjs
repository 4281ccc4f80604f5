// Beside every built file that gets smaller by it: the same with gzip and with brotli, as small as they can, so that the
// server compresses nothing while somebody waits.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const folder = new URL('../../build/web/', import.meta.url).pathname;
const worthIt = /\.(html|js|css|svg|json|webmanifest|txt)$/;
const smallest = 1024;

for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !worthIt.test(entry.name)) continue;
  const file = path.join(entry.parentPath ?? entry.path, entry.name);
  const plain = fs.readFileSync(file);
  if (plain.length < smallest) continue;
  const brotli = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: plain.length } };
  fs.writeFileSync(`${file}.gz`, zlib.gzipSync(plain, { level: 9 }));
  fs.writeFileSync(`${file}.br`, zlib.brotliCompressSync(plain, brotli));
}
