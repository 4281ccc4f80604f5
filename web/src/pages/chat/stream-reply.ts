// One turn with one's own agent: sends the message, tells how far the agent's waking is, gives the reply as it comes.
import { ProblemError, problemFrom } from '../../api/problem';
import type { Phase } from '../../components/phase-badge';
import { text } from '../../text';
import { EventLines } from './event-lines';

export interface WakeProgress {
  phase?: Phase;
  reason?: string;
  message?: string;
  percent?: number;
  remaining_ms?: number;
}

export interface Turn {
  session: string;
  message: string;
  attempt: string; // the same message with the same attempt runs once
  signal: AbortSignal;
  onWake: (progress: WakeProgress) => void;
  onText: (piece: string) => void;
}

interface Chunk {
  error?: { message?: string; code?: string | null; type?: string };
  choices?: { delta?: { content?: string | null } }[];
}

// Whoever can be told what to do about it reads `code` (with dashes, as in the API's problems).
function chatProblem(error: NonNullable<Chunk['error']>, status: number): ProblemError {
  const code = (error.code ?? error.type ?? 'internal').replaceAll('_', '-');
  return new ProblemError({ type: `/problems/${code}`, title: code, status, detail: error.message ?? text.chat.brokeOff, remedy: '' });
}

function brokenOff(): ProblemError {
  return new ProblemError({ type: '/problems/agent-failed', title: '', status: 502, detail: text.chat.brokeOff, remedy: text.chat.brokeOffRemedy });
}

async function refusal(response: Response): Promise<ProblemError> {
  const body: unknown = await response.json().catch(() => null); // no JSON: told as an answer that cannot be read
  const error = typeof body === 'object' && body !== null && 'error' in body ? (body as Chunk).error : undefined;
  return error ? chatProblem(error, response.status) : problemFrom(body, response);
}

export async function streamReply(turn: Turn): Promise<void> {
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'text/event-stream',
      'X-Mosaic-Session': turn.session,
      'Idempotency-Key': turn.attempt,
    },
    body: JSON.stringify({ model: 'openclaw', stream: true, messages: [{ role: 'user', content: turn.message }] }),
    signal: turn.signal,
  });
  if (!response.ok || !response.body) throw await refusal(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const lines = new EventLines();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw brokenOff();
    for (const event of lines.push(value)) {
      if (event.kind === 'comment') {
        const progress = wakeProgressOf(event.text);
        if (progress) turn.onWake(progress);
      } else if (event.text === '[DONE]') {
        await reader.cancel();
        return;
      } else {
        readChunk(event.text, turn);
      }
    }
  }
}

// ": mosaic {…}"; other comments only keep the connection alive.
function wakeProgressOf(comment: string): WakeProgress | null {
  if (!comment.startsWith('mosaic {')) return null;
  return JSON.parse(comment.slice('mosaic '.length)) as WakeProgress;
}

function readChunk(data: string, turn: Turn) {
  const chunk = JSON.parse(data) as Chunk;
  if (chunk.error) throw chatProblem(chunk.error, 200);
  const piece = chunk.choices?.[0]?.delta?.content;
  if (piece) turn.onText(piece);
}
