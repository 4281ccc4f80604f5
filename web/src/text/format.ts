// Figures and times as people read them.
const minuteMs = 60_000;

export function seconds(ms: number): string {
  const whole = Math.max(1, Math.round(ms / 1000));
  return whole === 1 ? '1 second' : `${whole} seconds`;
}

// "2 d 4 h", "3 h 12 min", "5 min", "40 s"
export function duration(ms: number): string {
  const minutes = Math.floor(ms / minuteMs);
  if (minutes < 1) return `${Math.max(0, Math.round(ms / 1000))} s`;
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  if (hours > 0) return rest > 0 ? `${hours} h ${rest} min` : `${hours} h`;
  return `${minutes} min`;
}

// In the reader's own zone: "25 Nov 2026, 04:18"
export function dateTime(iso: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}

export function ago(iso: string, now = Date.now()): string {
  const ms = now - Date.parse(iso);
  return ms < minuteMs ? 'just now' : `${duration(ms)} ago`;
}

// "14:05:09", in the reader's own zone
export function clock(iso: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' }).format(new Date(iso));
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}

// Of one core: "0.25 CPU"; nothing while it is not known.
export function cpu(milli: number | null): string | null {
  return milli === null ? null : `${(milli / 1000).toFixed(2)} CPU`;
}
