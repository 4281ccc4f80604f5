// What is drawn of the metrics, and how figures become points: gauges as they are, counters as what they grew by a second.
import { text } from '../../../text';
import { type Sample, sumOf } from './metrics';

const words = text.admin.health;

export interface Look {
  at: number; // milliseconds
  samples: Sample[];
}

export interface Series {
  id: string;
  title: string;
  controller: boolean; // measured by the controller alone
  point: (now: Look, before: Look | undefined) => number | null;
  format: (value: number) => string;
}

const awake = ['running', 'draining'];
const asleep = ['stopped', 'paused', 'hibernated'];

function agents(samples: Sample[], statuses: string[]): number | null {
  const counts = statuses.map((status) => sumOf(samples, 'mosaic_containers', { status }));
  return counts.every((count) => count === null) ? null : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

// A counter that has shrunk belongs to a process that began anew.
function growth(name: string, now: Look, before: Look | undefined): number | null {
  const [value, earlier] = [sumOf(now.samples, name), before ? sumOf(before.samples, name) : null];
  return value === null || earlier === null || value < earlier ? null : value - earlier;
}

function perSecond(name: string, now: Look, before: Look | undefined): number | null {
  const grown = growth(name, now, before);
  return grown === null || !before || now.at <= before.at ? null : (grown * 1000) / (now.at - before.at);
}

// Of the observations since the look before; none is no wait.
function meanMs(name: string, now: Look, before: Look | undefined): number | null {
  const [sum, count] = [growth(`${name}_sum`, now, before), growth(`${name}_count`, now, before)];
  if (sum === null || count === null) return null;
  return count === 0 ? 0 : (sum / count) * 1000;
}

const whole = (value: number) => String(Math.round(value));
const tenths = (value: number) => (value >= 10 ? String(Math.round(value)) : value.toFixed(1));
const times = (factor: number, value: number | null) => (value === null ? null : value * factor);

export const allSeries: Series[] = [
  { id: 'awake', title: words.awake, controller: true, format: whole, point: ({ samples }) => agents(samples, awake) },
  { id: 'asleep', title: words.asleep, controller: true, format: whole, point: ({ samples }) => agents(samples, asleep) },
  { id: 'failed', title: words.failed, controller: true, format: whole, point: ({ samples }) => agents(samples, ['failed']) },
  { id: 'queue', title: words.queue, controller: true, format: whole, point: ({ samples }) => sumOf(samples, 'workqueue_depth') },
  { id: 'reconciles', title: words.reconciles, controller: true, format: tenths, point: (now, before) => perSecond('controller_runtime_reconcile_total', now, before) },
  {
    id: 'errors',
    title: words.reconcileErrors,
    controller: true,
    format: tenths,
    point: (now, before) => times(60, perSecond('controller_runtime_reconcile_errors_total', now, before)),
  },
  { id: 'engine', title: words.engine, controller: true, format: tenths, point: (now, before) => perSecond('rest_client_requests_total', now, before) },
  { id: 'streams', title: words.streams, controller: false, format: whole, point: ({ samples }) => sumOf(samples, 'mosaic_open_chat_streams') },
  { id: 'bytes', title: words.bytes, controller: false, format: tenths, point: (now, before) => times(0.001, perSecond('mosaic_streamed_bytes_total', now, before)) },
  { id: 'pool', title: words.poolWait, controller: false, format: tenths, point: (now, before) => meanMs('mosaic_database_pool_wait_seconds', now, before) },
];

export function pointsOf(series: Series, looks: Look[]): (number | null)[] {
  return looks.map((look, index) => series.point(look, looks[index - 1]));
}
