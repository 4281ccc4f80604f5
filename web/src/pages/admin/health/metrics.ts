// The server's metrics (Prometheus text format 0.0.4), read in the browser.

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  return Number(text);
}

const unescaped = (text: string) => text.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));

export function parseMetrics(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const each of text.split('\n')) {
    if (each === '' || each.startsWith('#')) continue;
    const found = line.exec(each);
    if (!found) continue;
    const labels = Object.fromEntries([...(found[2] ?? '').matchAll(label)].map(([, name, value]) => [name, unescaped(value ?? '')]));
    samples.push({ name: found[1] ?? '', labels, value: numberOf(found[3] ?? 'NaN') });
  }
  return samples;
}

// All of that name whose labels are as wanted, added up; null: there is none.
export function sumOf(samples: Sample[], name: string, wanted: Record<string, string> = {}): number | null {
  const found = samples.filter((sample) => sample.name === name && Object.entries(wanted).every(([key, value]) => sample.labels[key] === value));
  return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
}

export interface Quantile {
  bound: number; // the bucket's upper end, in seconds
  beyond: boolean; // it is in the last bucket, which has no end: more than `bound`
}

// Which bucket the share of a histogram's observations lies within; null without any observation.
export function quantileOf(samples: Sample[], name: string, wanted: Record<string, string>, share: number): Quantile | null {
  const totals = new Map<number, number>();
  for (const { name: found, labels, value } of samples) {
    if (found !== `${name}_bucket` || !Object.entries(wanted).every(([key, each]) => labels[key] === each)) continue;
    const bound = numberOf(labels.le ?? 'NaN');
    totals.set(bound, (totals.get(bound) ?? 0) + value);
  }
  const buckets = [...totals].sort(([left], [right]) => left - right);
  const all = buckets.at(-1)?.[1] ?? 0;
  if (all === 0) return null;
  const bound = buckets.find(([, count]) => count >= share * all)?.[0] ?? Infinity;
  const highest = buckets.filter(([each]) => each !== Infinity).at(-1)?.[0] ?? 0;
  return bound === Infinity ? { bound: highest, beyond: true } : { bound, beyond: false };
}
