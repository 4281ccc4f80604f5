// What went wrong, as the server says it (RFC 9457): what is wrong in `detail`, what to do in `remedy`.
import type { components } from './schema.gen';
import { text } from '../text';

export type Problem = components['schemas']['Problem'];

export class ProblemError extends Error {
  constructor(
    readonly problem: Problem,
    readonly requestId: string | null = null,
  ) {
    super(problem.detail);
    this.name = 'ProblemError';
  }

  // "/problems/not-found" is "not-found".
  get type(): string {
    return this.problem.type.replace(/^\/problems\//, '');
  }

  fieldMessage(field: string): string | undefined {
    return this.problem.errors?.find((error) => error.field === field)?.message;
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'detail' in value && 'remedy' in value;
}

// The one place that turns an answer that is no success into an error.
export function problemFrom(body: unknown, response: Response): ProblemError {
  const requestId = response.headers.get('X-Request-Id');
  if (isProblem(body)) return new ProblemError(body, requestId);
  return new ProblemError(
    {
      type: '/problems/internal',
      title: text.problems.unreadable,
      status: response.status,
      detail: text.problems.unreadableDetail(response.status),
      remedy: text.problems.unreadableRemedy,
    },
    requestId,
  );
}

// Whatever was thrown, as something that a person can read.
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const offline = error instanceof TypeError;
  return new ProblemError({
    type: '/problems/internal',
    title: offline ? text.problems.unreachable : text.problems.unexpected,
    status: 0,
    detail: offline ? text.problems.unreachableDetail : text.problems.unexpectedDetail,
    remedy: offline ? text.problems.unreachableRemedy : text.problems.unexpectedRemedy,
  });
}
