// The server as a test wants it to answer. What nobody told it about is an error that names the request.

export interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Headers;
  body: unknown;
}

type Answer = unknown | ((asked: Asked) => unknown);

// An answer that is no success, or has headers.
export class Reply {
  constructor(
    readonly status: number,
    readonly body?: unknown,
    readonly headers: Record<string, string> = {},
  ) {}
}

export function problem(status: number, type: string, detail: string, errors?: { field: string; message: string }[]): Reply {
  return new Reply(status, { type: `/problems/${type}`, title: type, status, detail, remedy: 'Do something about it.', errors });
}

class Server {
  asked: Asked[] = [];
  private answers = new Map<string, Answer>();
  private rest: Answer | undefined;

  // `route`: "GET /api/users"; the path as it is asked for, without the query.
  on(route: string, answer: Answer): this {
    this.answers.set(route, answer);
    return this;
  }

  // To whatever else is asked for.
  otherwise(answer: Answer | undefined): this {
    this.rest = answer;
    return this;
  }

  reset() {
    this.asked = [];
    this.answers.clear();
    this.rest = undefined;
  }

  requests(route: string): Asked[] {
    return this.asked.filter((each) => `${each.method} ${each.path}` === route);
  }

  async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const text = await request.text();
    const asked: Asked = {
      method: request.method,
      path: decodeURIComponent(url.pathname),
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    this.asked.push(asked);
    const route = `${asked.method} ${asked.path}`;
    const answer = this.answers.has(route) ? this.answers.get(route) : this.rest;
    if (answer === undefined) throw new Error(`the test's server knows no ${route}`);
    const said: unknown = await (typeof answer === 'function' ? (answer as (asked: Asked) => unknown)(asked) : answer);
    return responseOf(said instanceof Reply ? said : new Reply(200, said));
  }
}

function responseOf({ status, body, headers }: Reply): Response {
  if (status === 204) return new Response(null, { status });
  if (typeof body === 'string') return new Response(body, { status, headers: { 'Content-Type': 'text/plain', ...headers } });
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  return new Response(JSON.stringify(body ?? {}), { status, headers: { 'Content-Type': type, ...headers } });
}

export const server = new Server();
