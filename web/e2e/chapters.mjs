// A walk in chapters: each goes on where the one before ended, so after one that failed the rest would fail for that alone.
import { test } from 'node:test';

export const walk = { failed: false };

export function chapter(name, body) {
  test(name, async (context) => {
    if (walk.failed) return context.skip('an earlier chapter failed');
    walk.failed = true;
    await body();
    walk.failed = false;
  });
}
