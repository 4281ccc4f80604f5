// Small plots: a line over time, and bars one beside the other. What they show is also said in `label`.
import { Text } from '@mantine/core';

import classes from './plot.module.css';

// The next "round" figure above: 1, 2, 5, 10, 20, 50 …
export function roundAbove(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

interface LinePlotProps {
  label: string;
  values: (number | null)[]; // oldest first; null: nothing was measured
  places: number; // how many fit: the newest stands at the right edge
  height?: number;
}

const width = 100;

// The line in pieces, for it breaks where nothing was measured.
export function linePieces(values: (number | null)[], places: number, top: number, height: number): string[] {
  const pieces: string[] = [];
  let piece: string[] = [];
  const first = places - values.length;
  values.forEach((value, index) => {
    if (value === null) {
      if (piece.length > 0) pieces.push(piece.join(' '));
      piece = [];
      return;
    }
    const x = ((first + index) / Math.max(1, places - 1)) * width;
    piece.push(`${x.toFixed(2)},${(height - (value / top) * height).toFixed(2)}`);
  });
  if (piece.length > 0) pieces.push(piece.join(' '));
  return pieces;
}

export function LinePlot({ label, values, places, height = 56 }: LinePlotProps) {
  const top = roundAbove(Math.max(0, ...values.map((value) => value ?? 0)));
  const pieces = linePieces(values, places, top, height);
  const ends = (piece: string) => [piece.split(' ')[0]?.split(',')[0] ?? '0', piece.split(' ').at(-1)?.split(',')[0] ?? '0'] as const;
  return (
    <svg className={classes.picture} viewBox={`0 0 ${width} ${height}`} height={height} preserveAspectRatio="none" role="img" aria-label={label}>
      <line className={classes.grid} x1={0} x2={width} y1={height} y2={height} />
      {pieces.map((piece) => {
        const [from, to] = ends(piece);
        return (
          <g key={piece}>
            <polygon className={classes.area} points={`${from},${height} ${piece} ${to},${height}`} />
            <polyline className={classes.line} points={piece} />
          </g>
        );
      })}
    </svg>
  );
}

export interface Bar {
  key: string;
  value: number;
  title: string; // on pointing at it
  tone: 'strong' | 'light';
}

interface BarPlotProps {
  label: string;
  bars: Bar[];
  scale: (value: number) => string;
  ends: [string, string]; // below the first and the last bar
  height?: number;
}

export function BarPlot({ label, bars, scale, ends, height = 140 }: BarPlotProps) {
  const top = roundAbove(Math.max(0, ...bars.map((bar) => bar.value)));
  return (
    <div role="img" aria-label={label}>
      <div className={classes.frame} aria-hidden>
        <div className={classes.scale} style={{ height }}>
          {[top, top / 2, 0].map((value) => (
            <span key={value}>{scale(value)}</span>
          ))}
        </div>
        <div className={classes.bars} style={{ height }}>
          {bars.map((bar) => (
            <div key={bar.key} className={classes.bar} data-tone={bar.tone} title={bar.title} style={{ height: `${(bar.value / top) * 100}%` }} />
          ))}
        </div>
        <div className={classes.below}>
          <span>{ends[0]}</span>
          <span>{ends[1]}</span>
        </div>
      </div>
    </div>
  );
}

export function PlotKey({ tone, children }: { tone: Bar['tone']; children: string }) {
  return (
    <Text size="xs" c="dimmed" component="span">
      <span className={classes.key} data-tone={tone} aria-hidden />
      {children}
    </Text>
  );
}
