// Server-sent events, piece by piece: what a stream of chat completions is made of. Comments carry how far a sleeping
// agent is. Pure: pieces go in, events come out.
export type StreamEvent = { kind: 'comment'; text: string } | { kind: 'data'; text: string };

export class EventLines {
  private rest = '';

  push(piece: string): StreamEvent[] {
    const lines = (this.rest + piece).split(/\r\n|\n/);
    this.rest = lines.pop() ?? '';
    return lines.flatMap((line): StreamEvent[] => {
      if (line.startsWith(':')) return [{ kind: 'comment', text: line.slice(1).trim() }];
      if (line.startsWith('data:')) return [{ kind: 'data', text: line.slice(5).trim() }];
      return [];
    });
  }
}
