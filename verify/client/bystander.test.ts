/** Tests two sessions that send requests alternately behind a strict round robin. */
import { expect, it } from 'vitest';
import { seeded } from '../random.ts';
import { OutOfStep } from './bystander.ts';
import type { Context } from './context.ts';

async function inTurn(instances: number, sticky = false) {
  let requests = 0;
  const next = (session: number): string => `app-${(sticky ? session : requests++) % instances}`;
  const connect = () => ({ send: async () => next(0) });
  const target = { login: { page: '/login' } };
  const outside = { connect, target, signal: new AbortController().signal } as unknown as Context;
  const sessions = [0, 1].map(n => ({
    n,
    step: new OutOfStep({ ...outside, random: seeded(7).fork(`${n}`) }),
    reached: new Set<string>(),
  }));
  for (let i = 0; i < 40; i++) {
    for (const { n, step, reached } of sessions) {
      const aside = step.aside();
      const instance = next(n);
      await aside;
      step.served(instance);
      reached.add(instance);
    }
  }
  return { reached: sessions.map(({ reached }) => reached.size), requests };
}

it('lets two clients that send in turn reach both instances of a strict round robin', async () => {
  const { reached, requests } = await inTurn(2);
  expect(reached).toEqual([2, 2]);
  expect(requests).toBeLessThan(80 * 1.25);
});

it('leaves a session on its instance where the balancer is sticky', async () => {
  expect((await inTurn(2, true)).reached).toEqual([1, 1]);
});

it('rarely sends additional requests where a balancer routes at random', () => {
  const random = seeded(11);
  let asides = 0;
  const connect = () => ({ send: async () => asides++ });
  const outside = { connect, target: { login: { page: '/login' } }, random: random.fork('step') };
  const step = new OutOfStep(outside as unknown as Context);
  for (let i = 0; i < 10_000; i++) {
    void step.aside();
    step.served(`app-${random.below(2)}`);
  }
  expect(asides).toBeGreaterThan(0);
  expect(asides).toBeLessThan(80);
});
