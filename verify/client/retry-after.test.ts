import { expect, it } from 'vitest';
import { LONGEST_WAIT, retryAfter } from './retry-after.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const asked = (status: number, after?: string) =>
  retryAfter({ status, headers: { 'retry-after': after }, body: '', cookies: [] }, now);

it.each([
  [429, '2', 2000],
  [429, '0', 0],
  [429, 'Thu, 01 Jan 2026 00:00:05 GMT', 5000],
  [429, 'Wed, 31 Dec 2025 23:00:00 GMT', 0],
  [429, '30', LONGEST_WAIT],
  [429, '3600', undefined],
  [429, 'later', undefined],
  [429, undefined, undefined],
  // Retry-After with status 503 is ignored.
  [503, '2', undefined],
])('%s, Retry-After %s', (status, after, wait) => {
  expect(asked(status, after)).toBe(wait);
});
