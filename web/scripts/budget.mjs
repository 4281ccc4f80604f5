// What a browser has to load, and how much of it may be: prints a table and fails beyond the budget. Sizes are those of
// the gzip files that the server sends (brotli is smaller still).
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const folder = new URL('../../build/web/', import.meta.url).pathname;
const kilobyte = 1024;
const budget = { 'everything': 500 * kilobyte, 'first page': 350 * kilobyte, 'largest script': 300 * kilobyte, 'requests of the first page': 12 };

function sizeOf(name) {
  return zlib.gzipSync(fs.readFileSync(path.join(folder, name)), { level: 9 }).length;
}

const names = fs
  .readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/\.(gz|br)$/.test(entry.name))
  .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)));
const sizes = new Map(names.map((name) => [name, sizeOf(name)]));
const index = fs.readFileSync(path.join(folder, 'index.html'), 'utf8');
const first = ['index.html', ...[...index.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1])];
const sum = (list) => list.reduce((total, name) => total + (sizes.get(name) ?? 0), 0);

const measured = {
  'everything': sum(names),
  'first page': sum(first),
  'largest script': Math.max(...names.filter((name) => name.endsWith('.js')).map((name) => sizes.get(name))),
  'requests of the first page': first.length,
};
for (const [name, size] of [...sizes].sort((a, b) => b[1] - a[1])) console.log(`${String(size).padStart(8)}  ${name}`);
let over = 0;
for (const [what, value] of Object.entries(measured)) {
  const held = value <= budget[what];
  over += held ? 0 : 1;
  console.log(`${held ? 'held' : 'OVER'}  ${what}: ${value} of ${budget[what]}`);
}
if (/<script(?![^>]*\bsrc=)/.test(index) || /<style|\sstyle=/.test(index)) {
  console.log('OVER  index.html has an inline script or style');
  over += 1;
}
if (/(?:src|href)="(?:https?:)?\/\//.test(index)) {
  console.log('OVER  index.html names another origin');
  over += 1;
}
process.exit(over === 0 ? 0 : 1);
