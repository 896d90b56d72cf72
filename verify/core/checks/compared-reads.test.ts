import { expect, it } from 'vitest';
import { Reads, whole } from './compared-reads.ts';

it('reads of cut-off lists are evidence, unless one of them lacks the last add of its session', () => {
  const counts = {
    ...new Reads(),
    reads: 5,
    crossed: 4,
    sessions: 3,
    newest: 30,
    newestCrossed: 20,
    newestSessions: 10,
  };
  expect(whole(counts)).toMatchObject({ reads: 35, crossed: 24, sessions: 13 });
  expect(whole({ ...counts, unshown: 1 })).toMatchObject({ reads: 5, crossed: 4, sessions: 3 });
});
