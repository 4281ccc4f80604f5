// The model provider of the warm-up: answers every chat with one word, streamed. Loopback only.
import http from 'node:http';

const chunk = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({
    id: 'warm-up', object: 'chat.completion.chunk', created: 1, model: 'word',
    choices: [{ index: 0, delta, finish_reason }],
  })}\n\n`;

http.createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(chunk({ role: 'assistant', content: 'warm' }) + chunk({}, 'stop') + 'data: [DONE]\n\n');
  });
}).listen(19999, '127.0.0.1');
