// One turn of a chat with an agent's gateway, streamed.
//
// As a program: node chat.mjs ADDRESS:PORT SESSION MESSAGE, with the gateway's token in AGENT_GATEWAY_TOKEN; prints
// the outcome as one line of JSON and ends with 0 only if the whole reply arrived.
import http from 'node:http';
import { pathToFileURL } from 'node:url';

const turnLimitMs = 90_000;

// Server-sent events out of pieces of bytes.
async function* eventsOf(response) {
  let rest = '';
  response.setEncoding('utf8');
  for await (const piece of response) {
    rest += piece;
    const events = rest.split('\n\n');
    rest = events.pop();
    for (const event of events) {
      for (const line of event.split('\n')) if (line.startsWith('data: ')) yield line.slice(6);
    }
  }
}

function post({ endpoint, token, session, message, limitMs = turnLimitMs, silenceMs = 0 }) {
  const body = JSON.stringify({
    model: 'openclaw',
    stream: true,
    user: session,
    messages: [{ role: 'user', content: message }],
  });
  return new Promise((resolve, reject) => {
    const request = http.request(`http://${endpoint}/v1/chat/completions`, {
      method: 'POST',
      agent: false,
      signal: AbortSignal.timeout(Math.ceil(limitMs)),
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    if (silenceMs > 0) request.setTimeout(silenceMs, () => request.destroy(new Error(`silence for ${silenceMs} ms`)));
    request.on('response', resolve).on('error', reject);
    request.end(body);
  });
}

// `turn`: {endpoint, token, session, message, limitMs (90 s), silenceMs (any)}. Sends one message and hands each piece of the reply to onText. Resolves to {text, firstByteMs, firstTextMs, totalMs};
// rejects with one line when the reply is refused, fails on the way, or ends early.
export async function chat(turn, onText = () => {}) {
  const began = performance.now();
  const elapsed = () => Math.round(performance.now() - began);
  const response = await post(turn);
  if (response.statusCode !== 200) {
    const parts = [];
    for await (const part of response) parts.push(part);
    throw new Error(`the gateway answered ${response.statusCode}: ${Buffer.concat(parts).toString('utf8').slice(0, 300)}`);
  }
  let text = '';
  let firstByteMs;
  let firstTextMs;
  for await (const data of eventsOf(response)) {
    firstByteMs ??= elapsed();
    if (data === '[DONE]') return { text, firstByteMs, firstTextMs, totalMs: elapsed() };
    const event = JSON.parse(data);
    if (event.error) throw new Error(`the reply failed on the way: ${event.error.message ?? JSON.stringify(event.error)}`);
    const piece = event.choices?.[0]?.delta?.content;
    if (!piece) continue;
    firstTextMs ??= elapsed();
    text += piece;
    onText(piece);
  }
  throw new Error(`the reply ended early, after: ${JSON.stringify(text)}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [endpoint, session, message] = process.argv.slice(2);
  const token = process.env.AGENT_GATEWAY_TOKEN;
  if (!message || !token) {
    process.stderr.write('usage: AGENT_GATEWAY_TOKEN=... node chat.mjs ADDRESS:PORT SESSION MESSAGE\n');
    process.exit(2);
  }
  try {
    process.stdout.write(JSON.stringify(await chat({ endpoint, token, session, message })) + '\n');
  } catch (error) {
    process.stderr.write(`chat: ${error.message}\n`);
    process.exit(1);
  }
}
