// What a browser has and jsdom has not, and a server in the place of the network: see server.ts.
import '@testing-library/jest-dom/vitest';

import { cleanup, configure } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

import { FakeEventSource } from './event-source';
import { server } from './server';

configure({ asyncUtilTimeout: 10_000 }); // a limit, on a machine that does other things too
vi.stubGlobal('fetch', (asked: Request | string, how?: RequestInit) =>
  server.answer(asked instanceof Request ? asked : new Request(new URL(asked, window.location.href), how)),
);
vi.stubGlobal('EventSource', FakeEventSource);
vi.stubGlobal(
  'ResizeObserver',
  class {
    observe() {}
    unobserve() {}
    disconnect() {}
  },
);
vi.stubGlobal('matchMedia', (media: string) => ({
  media,
  matches: false,
  onchange: null,
  addEventListener() {},
  removeEventListener() {},
  addListener() {},
  removeListener() {},
  dispatchEvent: () => false,
}));
Element.prototype.scrollIntoView = () => {};
HTMLCanvasElement.prototype.getContext = () => null;

afterEach(() => {
  cleanup();
  server.reset();
  FakeEventSource.reset();
});
