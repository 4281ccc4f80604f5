import { expect, it } from 'vitest';

import { linePieces, roundAbove } from './plot';

it('ends a scale at a round figure', () => {
  expect([0, 0.3, 1, 7, 12, 21, 99].map(roundAbove)).toEqual([1, 0.5, 1, 10, 20, 50, 100]);
});

it('breaks a line where nothing was measured and keeps the newest at the right', () => {
  expect(linePieces([1, null, 2, 4], 5, 4, 40)).toEqual(['25.00,30.00', '75.00,20.00 100.00,0.00']);
});
