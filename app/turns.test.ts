import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, end: resolve };
}

test('no more run at once than allowed; the others run in the order of their arrival', async () => {
  const turns = new Turns({ atOnce: 2, waitMs: 600_000 });
  const work = ['a', 'b', 'c', 'd'].map(name => ({ name, ...held() }));
  const begun: string[] = [];
  const all = work.map(({ name, promise }) =>
    turns.run(() => {
      begun.push(name);
      return promise;
    }),
  );
  await Promise.resolve();
  expect(begun).toEqual(['a', 'b']);
  work[1]?.end();
  await all[1];
  await Promise.resolve();
  expect(begun).toEqual(['a', 'b', 'c']);
  for (const { end } of work) end();
  await Promise.all(all);
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
});

test('work that waited too long is refused with 503 and never starts, and the queue continues', async () => {
  const turns = new Turns({ atOnce: 1, waitMs: -1 });
  await expect(turns.run(() => Promise.resolve('done'))).rejects.toMatchObject({ status: 503 });
  const patient = new Turns({ atOnce: 1, waitMs: 600_000 });
  const first = patient.run(() => Promise.reject(new Error('failed')));
  const second = patient.run(() => Promise.resolve('done'));
  await expect(first).rejects.toThrow('failed');
  expect(await second).toBe('done');
});
