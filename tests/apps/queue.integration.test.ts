/** Tests a rate limit: response times must not include the time for which Baton holds a request back. */
import { expect, it } from 'vitest';
import { SmallApp } from './small-app.ts';
import { judged, USUAL, withApp } from './verified.ts';

it('with 32 clients at 40 requests per second, the wait for a turn does not count as response time', async () => {
  const { claimed, rests } = await withApp(new SmallApp(), ({ url }) =>
    judged(
      {
        ...USUAL,
        url,
        claims: ['availability'],
        limits: { requests: 40 },
        // Baton holds each request back for about 800 ms, to keep the rate limit.
        budgets: { wait: '500ms' },
      },
      { sessions: 32, duration: 4_000, workloads: ['hop'] },
    ),
  );
  expect(rests['availability']?.['requests']).toBeGreaterThan(100);
  expect(claimed).toEqual({ availability: 'valid' });
});
