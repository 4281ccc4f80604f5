// A language-model provider for demonstrations and tests: speaks OpenAI's chat completions, needs nothing but node,
// and answers deterministically, so that what happened can be read off its replies.
//
//   node provider.mjs --listen ADDRESS:PORT --keys FILE [--log FILE] [--delay-ms N]
//
// FILE of --keys: {"owner": "key", ...}; it must not be readable by others. Port 0 takes a free one. The address in use
// is printed as the only line of standard output: "listening on ADDRESS:PORT".
//
// What a reply shows: whose key asked, which model, how many turns of the user the request carried, and, for a question
// such as "which word?", the word that the user asked to remember earlier in what OpenClaw sent along. A system
// prompt that says "Call yourself NAME" makes the reply begin with that name, and "count to N" makes it long. Nothing else of a prompt is repeated, and
// nothing at all of the context that OpenClaw adds for itself.
// The log has one line of JSON per request; neither keys nor messages are in it.
import fs from 'node:fs';
import http from 'node:http';
import { parseArgs } from 'node:util';

const models = ['cogito', 'glm-5', 'sage'];
const largestBody = 8 * 1024 * 1024;
const highestCount = 1000;
const internalContext = 'OPENCLAW_INTERNAL_CONTEXT';

const { values: options } = parseArgs({
  options: {
    listen: { type: 'string', default: '127.0.0.1:0' },
    keys: { type: 'string' },
    log: { type: 'string' },
    'delay-ms': { type: 'string', default: '25' },
  },
});

function fail(message) {
  process.stderr.write(`provider: ${message}\n`);
  process.exit(2);
}

if (!options.keys) fail('--keys FILE is missing: {"owner": "key", ...}');
const ownerOfKey = new Map(
  Object.entries(JSON.parse(fs.readFileSync(options.keys, 'utf8'))).map(([owner, key]) => [key, owner]),
);
const delayMs = Number(options['delay-ms']);
const log = options.log ? fs.createWriteStream(options.log, { flags: 'a', mode: 0o600 }) : null;

function record(entry) {
  log?.write(JSON.stringify({ at: new Date().toISOString(), ...entry }) + '\n');
}

function answerJson(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function answerError(response, status, message, code) {
  answerJson(response, status, { error: { message, type: 'invalid_request_error', code } });
}

function ownerOf(request) {
  const [scheme, key] = (request.headers.authorization ?? '').split(' ');
  return scheme === 'Bearer' ? ownerOfKey.get(key) : undefined;
}

async function readBody(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > largestBody) throw new Error('too large');
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

// A message's text, whether it is a string or a list of parts.
function textOf(message) {
  if (typeof message?.content === 'string') return message.content;
  return (message?.content ?? []).map((part) => part.text ?? '').join(' ');
}

function turnsOf(messages) {
  return messages
    .filter((message) => message.role === 'user')
    .map(textOf)
    .filter((text) => !text.includes(internalContext));
}

function nameIn(messages) {
  const system = messages.filter((message) => message.role === 'system' || message.role === 'developer');
  return /Call yourself ([A-Z][A-Za-z]{1,30})\b/.exec(system.map(textOf).join('\n'))?.[1];
}

function rememberedWord(turns) {
  const words = turns.map((turn) => /remember the word "?([A-Za-z0-9-]{1,40})/i.exec(turn)?.[1]).filter(Boolean);
  return words.at(-1);
}

function replyTo(owner, model, messages) {
  const turns = turnsOf(messages);
  const asked = turns.at(-1) ?? '';
  const word = rememberedWord(turns);
  const name = nameIn(messages);
  let sentence = 'I am listening.';
  if (/remember the word/i.test(asked)) sentence = `I will remember "${word}".`;
  if (/which word/i.test(asked)) sentence = word ? `The word is "${word}".` : 'You told me no word.';
  const count = Math.min(Number(/count to (\d{1,4})/i.exec(asked)?.[1] ?? 0), highestCount);
  if (count > 0) sentence = Array.from({ length: count }, (_, index) => index + 1).join(' ');
  return `${name ? `${name} here. ` : ''}${sentence} (model ${model}, key of ${owner}, turn ${turns.length} of this session)`;
}

function usageOf(messages, reply) {
  const words = (text) => text.split(/\s+/).filter(Boolean).length;
  const prompt = messages.reduce((sum, message) => sum + words(textOf(message)), 0);
  return { prompt_tokens: prompt, completion_tokens: words(reply), total_tokens: prompt + words(reply) };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function stream(response, frame, reply, usage) {
  const send = (data) => response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  const chunk = (delta, finish) => ({
    ...frame,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  send(chunk({ role: 'assistant', content: '' }, null));
  for (const word of reply.split(/(?<= )/)) {
    if (response.destroyed) return;
    await pause(delayMs);
    send(chunk({ content: word }, null));
  }
  send(chunk({}, 'stop'));
  send({ ...frame, object: 'chat.completion.chunk', choices: [], usage });
  send('[DONE]');
  response.end();
}

let requests = 0;

async function complete(request, response, owner) {
  let body;
  try {
    body = await readBody(request);
  } catch {
    return answerError(response, 400, 'the body is not JSON, or larger than 8 MB', 'invalid_body');
  }
  const { model, messages } = body;
  if (!Array.isArray(messages)) return answerError(response, 400, 'messages is missing', 'invalid_body');
  record({ owner, model, stream: body.stream === true, turns: turnsOf(messages).length, messages: messages.length });
  if (!models.includes(model)) return answerError(response, 404, 'there is no such model', 'model_not_found');
  const reply = replyTo(owner, model, messages);
  const usage = usageOf(messages, reply);
  const frame = { id: `reply-${++requests}`, created: Math.floor(Date.now() / 1000), model };
  if (body.stream) return stream(response, frame, reply, usage);
  const choice = { index: 0, message: { role: 'assistant', content: reply }, finish_reason: 'stop' };
  answerJson(response, 200, { ...frame, object: 'chat.completion', choices: [choice], usage });
}

async function handle(request, response) {
  const path = new URL(request.url, 'http://provider').pathname;
  const owner = ownerOf(request);
  if (!owner) {
    record({ owner: null, path });
    return answerError(response, 401, 'this key is not known here', 'invalid_api_key');
  }
  if (request.method === 'GET' && path === '/v1/models') {
    return answerJson(response, 200, {
      object: 'list',
      data: models.map((id) => ({ id, object: 'model', owned_by: 'demonstration' })),
    });
  }
  if (request.method === 'POST' && path === '/v1/chat/completions') return complete(request, response, owner);
  answerError(response, 404, 'there is nothing here', 'not_found');
}

const [address, port] = [options.listen.replace(/:\d+$/, ''), Number(options.listen.split(':').at(-1))];
const server = http.createServer((request, response) => {
  handle(request, response).catch((error) => {
    record({ error: error.message });
    response.destroy();
  });
});
server.on('error', (error) => fail(`cannot listen on ${options.listen}: ${error.message}`));
server.listen(port, address, () => {
  process.stdout.write(`listening on ${address}:${server.address().port}\n`);
});
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
