import { expect, it } from 'vitest';
import type { Operation } from '../core/history/history.ts';
import { ObservedLoad } from './load.ts';

const load = (): ObservedLoad => new ObservedLoad();
type Seen = { [K in keyof Operation]?: Operation[K] | undefined };
const saw = (one: ObservedLoad, more: Seen, times = 1): void => {
  for (let i = 0; i < times; i++) one.saw({ status: 200, signedIn: 'in', ...more } as Operation);
};
const answered = (one: ObservedLoad, ...instances: string[]): void => {
  for (const instance of instances) saw(one, { instance });
};
const disturbed = (): ObservedLoad => {
  const one = load();
  answered(one, 'a', 'b');
  one.begin();
  return one;
};

it('sees requests that fail if none did before', () => {
  const one = disturbed();
  expect(one.showsFault()).toBe(false);
  saw(one, { status: 502, signedIn: undefined });
  expect(one.showsFault()).toBe(true);
  one.begin();
  saw(one, { status: undefined, signedIn: undefined });
  expect(one.showsFault()).toBe(false);
});

it('ignores aborted requests, requests past the balancer, and changed cookies', () => {
  const one = disturbed();
  saw(one, { status: undefined, note: 'aborted' });
  saw(one, { status: 500, direct: true });
  saw(one, { status: 500, with: 'forged' });
  expect(one.showsFault()).toBe(false);
});

it('sees an instance that joins, and one that leaves, also if it is back', () => {
  const come = disturbed();
  answered(come, 'a', 'b', 'c');
  expect(come.showsFault()).toBe(true);
  const gone = disturbed();
  answered(gone, 'a', 'b');
  for (let i = 0; i < 38; i++) answered(gone, 'a');
  expect(gone.showsFault()).toBe(false);
  answered(gone, 'a', 'a', 'b', 'b');
  expect(gone.showsFault()).toBe(true);
});

it('sees nothing of instances if no response names one', () => {
  const one = load();
  saw(one, {}, 5);
  one.begin();
  saw(one, {}, 500);
  expect([one.showsFault(), one.signedInResponses(), one.instances()]).toEqual([false, 500, []]);
});

it('counts the acknowledged adds of live sessions that were not removed again', () => {
  const one = load();
  saw(one, { session: 's1', action: 'add', outcome: 'ok' }, 3);
  saw(one, { session: 's1', action: 'add', outcome: 'info' });
  saw(one, { session: 's1', action: 'remove', outcome: 'ok' });
  saw(one, { session: 's2', action: 'add', outcome: 'ok' });
  expect(one.kept()).toBe(3);
  saw(one, { session: 's1', action: 'logout', outcome: 'ok' });
  expect(one.kept()).toBe(1);
});
