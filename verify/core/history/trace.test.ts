import { expect, it } from 'vitest';
import { traceIdOf, traceparentOf } from './trace.ts';

it('the trace id of a request is made of its run and its number', () => {
  expect(traceIdOf('20261129-040508-4190aa-255')).toBe('202611290405084190aa0000000000ff');
  expect(traceparentOf('20261129-040508-4190aa-255')).toBe(
    '00-202611290405084190aa0000000000ff-90aa0000000000ff-01',
  );
});

it('requests of any run have different and valid ids', () => {
  const all = ['r-1', 'r-2', 'x-17', `${'a'.repeat(50)}-7`, '20261129-040508-4190aa-1'].map(traceparentOf);
  expect(new Set(all).size).toBe(all.length);
  for (const one of all) expect(one).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
});
