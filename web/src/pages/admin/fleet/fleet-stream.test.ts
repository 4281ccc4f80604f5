import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeEventSource } from '../../../test/event-source';
import { listenToFleet } from './fleet-stream';

const listener = { onAgent: vi.fn(), onGone: vi.fn(), onMissed: vi.fn(), onState: vi.fn() };

beforeEach(() => {
  vi.useFakeTimers();
  Object.values(listener).forEach((each) => each.mockReset());
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the fleet’s stream', () => {
  it('reads nothing anew at its first opening, and everything at a later one', () => {
    const end = listenToFleet(listener);
    FakeEventSource.latest().accept();
    expect(listener.onMissed).not.toHaveBeenCalled();
    FakeEventSource.latest().breakOff(false);
    FakeEventSource.latest().accept();
    expect(listener.onMissed).toHaveBeenCalledTimes(1);
    expect(listener.onState.mock.calls.flat()).toEqual(['connecting', 'live', 'lost', 'live']);
    end();
  });

  it('opens a new one after a while when the server refused the old', () => {
    const end = listenToFleet(listener);
    FakeEventSource.latest().breakOff(true);
    expect(FakeEventSource.opened).toHaveLength(1);
    vi.runOnlyPendingTimers();
    expect(FakeEventSource.opened).toHaveLength(2);
    end();
  });

  it('opens none after its end', () => {
    const end = listenToFleet(listener);
    FakeEventSource.latest().breakOff(true);
    end();
    vi.runAllTimers();
    expect(FakeEventSource.opened).toHaveLength(1);
  });
});
