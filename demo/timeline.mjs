// What the demonstration says, and how long things took.

const began = performance.now();
const colour = process.stdout.isTTY ? (code, text) => `\u001b[${code}m${text}\u001b[0m` : (_, text) => text;
const rows = [];

function clock() {
  return `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`;
}

export function human(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 100_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.floor((ms / 1000) % 60)} s`;
}

export function chapter(text) {
  process.stdout.write(`\n${colour('1', `${clock()}  ${text}`)}\n`);
}

export function say(text) {
  process.stdout.write(`${clock()}    ${text}\n`);
}

// A piece of a line that is still being written.
export function begin(text) {
  process.stdout.write(`${clock()}    ${text}`);
}

export function piece(text) {
  process.stdout.write(text);
}

export class CheckFailed extends Error {}

// States a fact that the demonstration stands for; throws when it is none.
export function check(holds, fact, otherwise = '') {
  if (!holds) throw new CheckFailed(`not so: ${fact}${otherwise ? `\n  ${otherwise}` : ''}`);
  say(`${colour('32', 'ok')}  ${fact}`);
}

export function took(what, ms) {
  rows.push([what, ms]);
}

export function printTimeline() {
  chapter('Timeline');
  const width = Math.max(...rows.map(([what]) => what.length));
  for (const [what, ms] of rows) process.stdout.write(`  ${what.padEnd(width)}  ${human(ms).padStart(12)}\n`);
}

export function elapsedMs() {
  return performance.now() - began;
}

// Asks every `everyMs` until look() answers with something; fails when it never does.
export async function until(what, limitMs, look, everyMs = 400) {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > deadline) throw new CheckFailed(`it took more than ${human(limitMs)} until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
