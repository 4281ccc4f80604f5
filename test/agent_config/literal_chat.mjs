// Runs beside a real gateway: a provider that prints which key and model it was asked with, and one chat through the
// gateway. Prints what came back; ends with 1 when there was no answer in time.
import http from 'node:http';

const chunk = (delta, reason = null) =>
  'data: ' + JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: reason }] }) + '\n\n';

http
  .createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      console.log('authorization: ' + request.headers.authorization);
      console.log('model: ' + JSON.parse(body).model);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(chunk({ role: 'assistant', content: 'hello' }) + chunk({}, 'stop') + 'data: [DONE]\n\n');
    });
  })
  .listen(19436, '127.0.0.1');

const gateway = 'http://127.0.0.1:18789';
const deadline = Date.now() + 120_000;
const pause = () => new Promise((resolve) => setTimeout(resolve, 250));
const ready = () => fetch(gateway + '/readyz').then((answer) => answer.ok, () => false);
while (!(await ready())) {
  if (Date.now() > deadline) process.exit(1);
  await pause();
}
const answer = await fetch(gateway + '/v1/chat/completions', {
  method: 'POST',
  headers: { authorization: 'Bearer ' + process.env.OPENCLAW_GATEWAY_TOKEN, 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'openclaw', messages: [{ role: 'user', content: 'hi' }] }),
  signal: AbortSignal.timeout(120_000),
});
const reply = await answer.json();
console.log('answer: ' + answer.status + ' ' + (reply.choices?.[0]?.message?.content ?? JSON.stringify(reply)));
process.exit(answer.ok ? 0 : 1);
