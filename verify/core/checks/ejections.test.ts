import { expect, it } from 'vitest';
import type { Operation } from '../history/history.ts';
import { Ejections } from './ejections.ts';

const sent = (status: number, call: number, more: Partial<Operation> = {}) =>
  ({ status, clock: 'c0', call, return: call + 5, ...more }) as Operation;

it.each([502, 503, 504])(
  'an instance may be ejected from a %i until it serves a request sent after it',
  status => {
    const ejections = new Ejections();
    expect(ejections.covers(sent(200, 0), 'app-1')).toBe(false);
    expect(ejections.covers(sent(status, 10), 'app-1')).toBe(true);
    expect(ejections.covers(sent(200, 12), 'app-2')).toBe(true);
    // This request was sent before the response to the failed one came.
    expect(ejections.covers(sent(200, 14), 'app-1')).toBe(true);
    expect(ejections.covers(sent(200, 20, { clock: 'c1' }), 'app-1')).toBe(true);
    expect(ejections.covers(sent(200, 21), 'app-2')).toBe(true);
    expect(ejections.covers(sent(200, 15), 'app-1')).toBe(true);
    expect(ejections.covers(sent(200, 22), 'app-2')).toBe(false);
    expect(ejections.requests).toBe(6);
  },
);

it('other errors eject no instance, and a failure without a response ends never', () => {
  const ejections = new Ejections();
  for (const status of [500, 501, 505, 429]) expect(ejections.covers(sent(status, 0), 'app-1')).toBe(false);
  const { return: _, ...open } = sent(503, 10);
  ejections.covers(open as Operation, 'app-1');
  expect(ejections.covers(sent(200, 99), 'app-1')).toBe(true);
  expect(ejections.covers(sent(200, 99), 'app-1')).toBe(true);
});
