// How soon the built pages are there, in a real Chromium that is as slow as a phone: prints a table and fails beyond the
// budget. What the pages ask of the API is answered here, so that the figures are the pages' own.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { chromium } from 'playwright-core';

import { executable } from '../e2e/browser.mjs';

const folder = new URL('../../build/web/', import.meta.url).pathname;
const kilobyte = 1024;
// As Lighthouse has it for phones.
const slowness = { cpu: 4, latencyMs: 150, bytesPerSecond: (1.6 * 1024 * 1024) / 8 };
// What goes over the wire is the same every time. Times are limits, on a machine that does other things too.
const budget = { requests: 30, bytes: 400 * kilobyte, layoutShift: 0.1, firstPaintMs: 20_000, usableMs: 40_000, blockedMs: 20_000 };
const agents = 100;

const account = { id: 'ada', source: 'breakglass', issuer: null, name: 'ada', email: null, role: 'admin', grantedRole: null, disabled: false, agentAllowed: true, createdAt: '2026-01-01T00:00:00.000Z', lastSignInAt: null, generation: 1 };
const own = { id: null, status: 'stopped', phase: 'stopped', reason: null, message: null, desiredState: 'auto', uptimeSec: null, idleTimeoutMin: 30, lastActiveAt: null, asleepSince: null, estimatedStartMs: null, deleting: false, generation: 1 };
const fleet = Array.from({ length: agents }, (_, index) => ({ ...own, id: `a${index}`, kind: 'user', owner: `u${index}`, name: `mosaic-user-u${index}`, phase: index % 2 ? 'stopped' : 'running', conditions: [], role: null, isActive: true }));
const answers = {
  '/api/onboarding/status': { completed: true },
  '/api/auth/methods': { breakglass: true, oidc: { enabled: false, label: '' } },
  '/api/container': own,
  '/api/fleet': { items: fleet, next: null },
  '/api/fleet/usage': { items: [], problem: null },
  '/api/users': { items: [account], next: null },
  '/api/settings/limits': { memoryMb: 1536, cpuMilli: 2000, fixed: [] },
};

// `ready`: what is there once a person can begin.
const pages = [
  { address: '/sign-in', signedIn: false, ready: 'input[type=password]' },
  { address: '/chat', signedIn: true, ready: 'textarea' },
  { address: '/admin/fleet', signedIn: true, ready: `tbody tr:nth-child(${agents})` },
];
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

function serve() {
  const server = http.createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    if (pathname === '/api/fleet/events') return response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    const answer = pathname === '/api/auth/session' ? { signedIn: server.signedIn, account: server.signedIn ? account : null } : answers[pathname];
    if (answer) return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
    if (pathname.startsWith('/api/')) return response.writeHead(404).end();
    const file = path.extname(pathname) ? pathname : '/index.html';
    const zipped = fs.existsSync(path.join(folder, `${file}.gz`));
    const headers = { 'Content-Type': types[path.extname(file)], ...(zipped ? { 'Content-Encoding': 'gzip' } : {}) };
    response.writeHead(200, headers).end(fs.readFileSync(path.join(folder, zipped ? `${file}.gz` : file)));
  });
  return new Promise((resolve) => server.listen(0, 'localhost', () => resolve(server)));
}

// In the page, before anything of it runs.
function watch(ready) {
  const seen = { blockedMs: 0, longTasks: 0, layoutShift: 0, firstPaintMs: null, usableMs: null };
  window.loading = seen;
  const observe = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe('longtask', ({ duration }) => ((seen.longTasks += 1), (seen.blockedMs += duration - 50)));
  observe('layout-shift', ({ value }) => (seen.layoutShift += value));
  observe('paint', ({ name, startTime }) => name === 'first-contentful-paint' && (seen.firstPaintMs = startTime));
  new MutationObserver(() => {
    if (seen.usableMs === null && document.querySelector(ready)) seen.usableMs = performance.now();
  }).observe(document, { childList: true, subtree: true });
}

async function measure(browser, origin, { address, ready }) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  const asked = new Set(); // what is asked for again while one waits is no part of loading
  let bytes = 0;
  devtools.on('Network.requestWillBeSent', ({ request }) => asked.add(request.url));
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: slowness.latencyMs, downloadThroughput: slowness.bytesPerSecond, uploadThroughput: slowness.bytesPerSecond });
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowness.cpu });
  await page.addInitScript(watch, ready);
  await page.goto(`${origin}${address}`);
  await page.waitForFunction(() => window.loading.usableMs !== null && window.loading.firstPaintMs !== null, null, { timeout: 60_000 });
  const seen = await page.evaluate(() => window.loading);
  await context.close();
  return { requests: asked.size, bytes, ...seen };
}

function line(address, { requests, bytes, firstPaintMs, usableMs, longTasks, blockedMs, layoutShift }) {
  const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
  const columns = [address, requests, `${Math.round(bytes / kilobyte)} KiB`, seconds(firstPaintMs), seconds(usableMs), `${longTasks} (${seconds(blockedMs)})`, layoutShift.toFixed(3)];
  return columns.map((column, index) => (index === 0 ? String(column).padEnd(14) : String(column).padStart(14))).join('');
}

const server = await serve();
const browser = await chromium.launch({ executablePath: executable(), args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
console.log(`nothing cached, processor ${slowness.cpu} times slower, ${slowness.latencyMs} ms and 1.6 Mbit/s away, a fleet of ${agents}:`);
console.log(['page', 'requests', 'on the wire', 'first paint', 'usable', 'long tasks', 'layout shift'].map((head, index) => (index === 0 ? head.padEnd(14) : head.padStart(14))).join(''));
const over = [];
for (const page of pages) {
  server.signedIn = page.signedIn;
  const measured = await measure(browser, `http://localhost:${server.address().port}`, page);
  console.log(line(page.address, measured));
  for (const [what, most] of Object.entries(budget)) if (!(measured[what] <= most)) over.push(`OVER  ${page.address} ${what}: ${measured[what]} of ${most}`);
}
await browser.close();
server.closeAllConnections();
server.close();
over.forEach((each) => console.log(each));
if (over.length === 0) console.log(`held  ${Object.entries(budget).map(([what, most]) => `${what} ${most}`).join(', ')}`);
process.exitCode = over.length === 0 ? 0 : 1;
