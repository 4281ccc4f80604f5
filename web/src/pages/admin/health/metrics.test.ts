import { describe, expect, it } from 'vitest';

import { parseMetrics, quantileOf, sumOf } from './metrics';
import { allSeries, type Look, pointsOf } from './series';

describe('metrics in text', () => {
  it('are read with their labels, escapes and special values', () => {
    const samples = parseMetrics('# HELP a b\n\na{x="1",y="say \\"hi\\"\\n"} 2.5\na_bucket{le="+Inf"} 3\nb 4 1700000000\n');
    expect(samples).toEqual([
      { name: 'a', labels: { x: '1', y: 'say "hi"\n' }, value: 2.5 },
      { name: 'a_bucket', labels: { le: '+Inf' }, value: 3 },
      { name: 'b', labels: {}, value: 4 },
    ]);
  });

  it('add up over the labels that nobody asked for', () => {
    const samples = parseMetrics('a{k="u",s="r"} 1\na{k="s",s="r"} 2\na{k="u",s="f"} 4');
    expect([sumOf(samples, 'a'), sumOf(samples, 'a', { s: 'r' }), sumOf(samples, 'b')]).toEqual([7, 3, null]);
  });
});

describe('a share of a histogram', () => {
  const samples = parseMetrics('h_bucket{le="1"} 2\nh_bucket{le="10"} 9\nh_bucket{le="+Inf"} 10');
  it('lies within the first bucket that holds enough', () => {
    expect(quantileOf(samples, 'h', {}, 0.5)).toEqual({ bound: 10, beyond: false });
    expect(quantileOf(samples, 'h', {}, 0.1)).toEqual({ bound: 1, beyond: false });
  });
  it('may lie beyond the last bound, or nowhere', () => {
    expect(quantileOf(samples, 'h', {}, 0.99)).toEqual({ bound: 10, beyond: true });
    expect(quantileOf(parseMetrics('h_bucket{le="+Inf"} 0'), 'h', {}, 0.5)).toBeNull();
  });
});

describe('a plotted series', () => {
  const look = (at: number, value: number): Look => ({ at, samples: parseMetrics(`mosaic_streamed_bytes_total ${value}`) });
  const bytes = allSeries.find(({ id }) => id === 'bytes');
  it('of a counter is its growth a second, and breaks where the process began anew', () => {
    const looks = [look(0, 0), look(5_000, 10_000), look(10_000, 1_000), look(15_000, 1_000)];
    expect(bytes && pointsOf(bytes, looks)).toEqual([null, 2, null, 0]);
  });
});
