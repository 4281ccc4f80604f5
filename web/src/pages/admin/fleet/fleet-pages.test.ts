import { describe, expect, it } from 'vitest';

import { agentOf } from '../../../test/rows';
import { type FleetFilter, type FleetPages, matches, withNews, without } from './fleet-pages';

const all: FleetFilter = { kind: null, phase: null, search: '' };
const alice = agentOf({ owner: 'alice' });
const bob = agentOf({ owner: 'bob' });
const pages: FleetPages = { pages: [{ items: [alice], next: 'x' }, { items: [bob], next: null }], pageParams: [undefined, 'x'] };
const phases = (data: FleetPages) => data.pages.map((page) => page.items.map(({ phase }) => phase));

describe('news of an agent', () => {
  it('replaces it where it stands and leaves the other pages as they are', () => {
    const after = withNews(pages, { ...bob, phase: 'paused' }, all);
    expect(phases(after)).toEqual([['running'], ['paused']]);
    expect(after.pages[0]).toBe(pages.pages[0]);
  });

  it('takes it out of a list whose filter it does not fit any more', () => {
    expect(phases(withNews(pages, { ...bob, phase: 'paused' }, { ...all, phase: 'running' }))).toEqual([['running'], []]);
  });

  it('never mixes up a user agent and a system agent of the same id', () => {
    expect(phases(without(pages, 'system', bob.id))).toEqual([['running'], ['running']]);
  });
});

it('searches owner, id and name, whatever the case, as the server does', () => {
  const search = (value: string) => matches(alice, { ...all, search: value });
  expect(['ALICE', 'agent-al', 'mosaic-user'].map(search)).toEqual([true, true, true]);
  expect(search('bob')).toBe(false);
});
