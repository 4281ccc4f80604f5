// An agent's gateway as OpenClaw has it, as far as a chat needs it: whole answers, streams, and who asked with what.
import http from 'node:http';

export class Agent {
  asked = [];
  leftAlone = () => {}; // in the middle of a stream

  async start() {
    this.server = http.createServer((request, response) => this.answer(request, response));
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.endpoint = `127.0.0.1:${this.server.address().port}`;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }

  // Of a session, with what is nobody's business beside what was said.
  tellHistory(request, response) {
    const known = /^\/sessions\/web%3Amain\/history\?/.test(request.url);
    response.writeHead(known ? 200 : 404, { 'Content-Type': 'application/json' });
    const items = [
      { role: 'user', content: 'Which word?', timestamp: 1_767_225_600_000, __openclaw: { seq: 1 } },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'INNER' }, { type: 'text', text: 'The word is heron.' }] },
      { role: 'toolResult', content: 'INNER' },
    ];
    response.end(JSON.stringify(known ? { items, hasMore: false } : { ok: false }));
  }

  answer(request, response) {
    let text = '';
    request.on('data', (bytes) => (text += bytes));
    request.on('end', () => {
      this.asked.push({ headers: request.headers, body: text });
      if (request.method === 'GET') return this.tellHistory(request, response);
      const body = JSON.parse(text);
      const words = ['The ', 'word ', 'is ', 'heron.'];
      const common = { id: 'chatcmpl-1', created: 1_767_225_600, model: 'openclaw' };
      if (!body.stream) {
        response.writeHead(200, { 'Content-Type': 'application/json' });
        const message = { role: 'assistant', content: words.join('') };
        response.end(JSON.stringify({ ...common, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] }));
        return;
      }
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      request.socket.once('close', () => response.writableEnded || this.leftAlone());
      const chunk = (delta, finish_reason = null) =>
        response.write(`data: ${JSON.stringify({ ...common, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
      chunk({ role: 'assistant' });
      for (const content of words) chunk({ content });
      if (body.user === 'endless') return;
      chunk({}, 'stop');
      response.end('data: [DONE]\n\n');
    });
  }
}
