import { describe, expect, it } from 'vitest';

import { EventLines } from './event-lines';

const stream = ': mosaic {"phase":"starting"}\n\ndata: {"a":1}\r\n\r\n: keep-alive\n\ndata: [DONE]\n\n';

describe('events', () => {
  it('are the same however the stream is cut into pieces', () => {
    const whole = new EventLines().push(stream);
    expect(whole).toEqual([
      { kind: 'comment', text: 'mosaic {"phase":"starting"}' },
      { kind: 'data', text: '{"a":1}' },
      { kind: 'comment', text: 'keep-alive' },
      { kind: 'data', text: '[DONE]' },
    ]);
    for (let size = 1; size < stream.length; size++) {
      const lines = new EventLines();
      const seen = [];
      for (let at = 0; at < stream.length; at += size) seen.push(...lines.push(stream.slice(at, at + size)));
      expect(seen).toEqual(whole);
    }
  });
});
