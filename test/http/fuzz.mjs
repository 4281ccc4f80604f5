// Malformed requests made from the API's own contract: every documented operation, with its path, query, header and
// body bent out of shape in ways that a real client's mistake or an attacker's patience would. The server must answer
// each with a documented refusal (or take it), never with an unexplained 5xx, and must be alive at the end.
//
//   node fuzz.mjs --url http://127.0.0.1:8080 --contract api/openapi.yaml [--requests N] [--seed N]
//                 [--header 'Name: value']...
//
// The same seed sends the same requests. A finding is printed with the request that made it; ends with 1 then.
import fs from 'node:fs';
import http from 'node:http';
import { parseArgs } from 'node:util';
import YAML from 'yaml';

const { values: options } = parseArgs({
  options: {
    url: { type: 'string' },
    contract: { type: 'string' },
    requests: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
    header: { type: 'string', multiple: true, default: [] },
    connections: { type: 'string', default: '32' },
  },
});

// A small generator of its own: Math.random() cannot be seeded.
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const random = generator(Number(options.seed));
const pick = (list) => list[Math.floor(random() * list.length)];
const chance = (probability) => random() < probability;

const contract = YAML.parse(fs.readFileSync(options.contract, 'utf8'));
const methods = ['get', 'put', 'post', 'patch', 'delete'];

function resolve(schema) {
  let known = schema;
  for (let depth = 0; known?.$ref && depth < 16; ++depth) {
    known = known.$ref.slice(2).split('/').reduce((node, key) => node[key.replaceAll('~1', '/')], contract);
  }
  return known ?? {};
}

const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  methods.filter((method) => item[method]).map((method) => ({ path, method, operation: item[method] })),
);

const oddTexts = [
  '', ' ', '\u0000', '\n', 'a\r\nb: c', '\u202e', '💥'.repeat(64), 'x'.repeat(70000), '../../etc/passwd', '%00', '%zz',
  "' OR 1=1 --", '${env}', '{{7*7}}', '<script>alert(1)</script>', 'enc:AAAA', '\ud800', 'null', '-1', '1e999',
];
const oddValues = [null, true, false, 0, -1, 1.5, 1e308, 2 ** 63, -(2 ** 63), [], {}, [[[[]]]], { $ref: '#' }, ...oddTexts];

// A value that fits the schema, roughly.
function fitting(schema, depth = 0) {
  const known = resolve(schema);
  if (known.enum) return pick(known.enum);
  if (known.const !== undefined) return known.const;
  const options = known.oneOf ?? known.anyOf;
  if (options) return fitting(pick(options), depth + 1);
  const type = Array.isArray(known.type) ? pick(known.type) : known.type;
  if (type === 'object' || known.properties) {
    const object = {};
    for (const [name, property] of Object.entries(known.properties ?? {})) {
      if ((known.required ?? []).includes(name) || chance(0.5)) object[name] = fitting(property, depth + 1);
    }
    return object;
  }
  if (type === 'array') return depth > 4 ? [] : Array.from({ length: Math.floor(random() * 3) }, () => fitting(known.items, depth + 1));
  if (type === 'integer' || type === 'number') return Math.floor(random() * 100);
  if (type === 'boolean') return chance(0.5);
  if (type === 'null') return null;
  return pick(['alpha', 'beta-2', 'http://192.0.2.1/v1', 'a longer text with blanks', 'main']);
}

// One place of the value replaced, removed or multiplied.
function bent(value, depth = 0) {
  if (depth > 5 || chance(0.3)) return pick(oddValues);
  if (Array.isArray(value)) {
    if (value.length === 0 || chance(0.3)) return Array.from({ length: chance(0.1) ? 3000 : 3 }, () => pick(oddValues));
    const copy = [...value];
    const index = Math.floor(random() * copy.length);
    copy[index] = bent(copy[index], depth + 1);
    return copy;
  }
  if (value && typeof value === 'object') {
    const copy = { ...value };
    const names = Object.keys(copy);
    if (names.length === 0 || chance(0.2)) return { ...copy, [pick(['unknown', '__proto__', 'constructor', ''])]: pick(oddValues) };
    const name = pick(names);
    if (chance(0.2)) delete copy[name];
    else copy[name] = bent(copy[name], depth + 1);
    return copy;
  }
  return pick(oddValues);
}

function bodyBytes(operation) {
  const content = resolve(operation.requestBody ?? {}).content?.['application/json'];
  const fit = content ? fitting(content.schema) : pick([{}, undefined]);
  if (fit === undefined) return undefined;
  if (chance(0.15)) {
    return pick(['{', '{"a":1,"a":2}', '[]', 'null', '"text"', '{"a":' + '['.repeat(5000) + ']'.repeat(5000) + '}', '\xff\xfe',
      '{"username":"\\ud800"}', '{"a":1}{"b":2}', ' '.repeat(4096), '{"n":1' + '0'.repeat(400) + '}']);
  }
  return JSON.stringify(chance(0.8) ? bent(fit) : fit);
}

function pathOf(path) {
  return path.replace(/\{[^}]+\}/g, () => encodeURIComponent(pick(['none', '0', ...oddTexts.slice(0, 7), '..', '\u0000', 'user', 'system']).replace(/\ud800/g, 'x')) || 'x');
}

function queryOf(operation) {
  if (chance(0.6)) return '';
  const named = (operation.parameters ?? []).map(resolve).filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name);
  const name = chance(0.7) && named.length ? pick(named) : pick(['limit', 'after', 'x', 'token', '%']);
  return `?${name}=${pick(['', '0', '-1', '99999999999999999999', '%', '%zz', '%00', 'true', 'x'.repeat(2000), '1&' + name + '=2'])}`;
}

const contentTypes = ['application/json', 'application/json', 'application/json', 'application/json; charset=utf-8', 'text/plain', 'application/xml', 'json', ''];
const ifMatches = ['"1"', 'W/"1"', '*', '"', '1', '"99999999999999999999"', ''];

function makeRequest() {
  const { path, method, operation } = pick(operations);
  const headers = {};
  for (const header of chance(0.85) ? options.header : []) {
    const colon = header.indexOf(':');
    headers[header.slice(0, colon)] = header.slice(colon + 1).trim();
  }
  if (chance(0.05)) headers.Authorization = pick(['Bearer', 'Bearer mos_', 'Bearer mos_a_b', 'Basic YTpi', `Bearer ${'x'.repeat(3000)}`]);
  if (chance(0.1)) headers['If-Match'] = pick(ifMatches);
  if (chance(0.1)) headers['Idempotency-Key'] = pick(['a', 'x'.repeat(500), ' ', 'ü'.repeat(3).normalize('NFKD').replace(/[^a-z]/g, '')]);
  if (chance(0.1)) headers.Accept = pick(['*/*', 'text/event-stream', 'application/xml', ',,,']);
  if (chance(0.1)) headers['Sec-Fetch-Site'] = pick(['cross-site', 'same-origin', 'none', 'same-site', 'x']);
  const body = method === 'get' && chance(0.9) ? undefined : bodyBytes(operation);
  if (body !== undefined) {
    headers['Content-Type'] = pick(contentTypes);
    // Without it node would send the body of a HEAD or DELETE without any framing, as the next request.
    headers['Content-Length'] = Buffer.byteLength(body);
  }
  return { method: chance(0.03) ? pick(['HEAD', 'OPTIONS', 'PATCH', 'BREW']) : method.toUpperCase(), path: pathOf(path) + queryOf(operation), headers, body };
}

const target = new URL(options.url);
const agent = new http.Agent({ keepAlive: true, maxSockets: Number(options.connections) });
const statuses = new Map();
const findings = [];
// What is documented as "try again later": the gateway's words about an agent that cannot answer now.
const explained = new Set(['agent-waking', 'agent-failed', 'agent-not-configured', 'provider-failed', 'busy', 'database-away']);

function explains(method, status, type, body) {
  if (status < 500) return true;
  // Its reason would stand in a body, which an answer to HEAD has not.
  if (method === 'HEAD') return status !== 500;
  try {
    const parsed = JSON.parse(body);
    const word = String(parsed.type ?? parsed.error?.code ?? parsed.error?.type ?? '').split('/').pop();
    return explained.has(word) || explained.has(word.replaceAll('_', '-'));
  } catch {
    return false;
  }
}

function send(request) {
  return new Promise((done) => {
    const sent = http.request(
      { host: target.hostname, port: target.port, agent, method: request.method, path: request.path, headers: request.headers, timeout: 10000 },
      (answer) => {
        let text = '';
        answer.setEncoding('latin1');
        answer.on('data', (part) => {
          text += part;
          // A stream of events has no end of its own.
          if (answer.headers['content-type']?.startsWith('text/event-stream')) answer.destroy();
        });
        answer.on('close', () => done({ status: answer.statusCode, type: answer.headers['content-type'] ?? '', text }));
        answer.on('error', () => {});
      },
    );
    let held = false;
    sent.on('timeout', () => {
      held = true;
      sent.destroy(new Error('no answer in 10 s'));
    });
    sent.on('error', (error) => done({ status: 0, type: '', text: String(error.message), code: error.code, held }));
    sent.end(request.body);
  });
}

async function worker(count) {
  for (let i = 0; i < count; ++i) {
    let request;
    try {
      request = makeRequest();
      http.validateHeaderValue('x', Object.values(request.headers).join(''));
    } catch {
      --i; // node itself refuses to send this one
      continue;
    }
    const answer = await send(request);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    // The server closes a connection whose framing it does not trust; that the next request on it finds it closed is no finding.
    // A chat that is right after all waits for its agent, which is what it should.
    if (answer.held && request.path.startsWith('/v1/chat')) continue;
    const closed = answer.status === 0 && ['ECONNRESET', 'EPIPE', 'HPE_INVALID_CONSTANT'].includes(answer.code);
    if (closed) continue;
    if (answer.status === 0 || !explains(request.method, answer.status, answer.type, answer.text)) {
      findings.push({ request: { ...request, body: request.body?.slice(0, 300) }, answer: { ...answer, text: answer.text.slice(0, 300) } });
      if (findings.length > 20) return;
    }
  }
}

const total = Number(options.requests);
const workers = Number(options.connections);
await Promise.all(Array.from({ length: workers }, (_, index) => worker(Math.floor(total / workers) + (index < total % workers ? 1 : 0))));
const alive = await send({ method: 'GET', path: '/livez', headers: {} });
const counted = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status || 'closed'}: ${count}`);
console.log(`${total} requests over ${operations.length} operations, seed ${options.seed}: ${counted.join(', ')}`);
for (const finding of findings) console.log(JSON.stringify(finding));
if (alive.status !== 200) console.log(`the server does not answer /livez any more: ${alive.text}`);
process.exit(findings.length === 0 && alive.status === 200 ? 0 : 1);
