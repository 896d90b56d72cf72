import { expect, it } from 'vitest';
import { Codes } from './enter.ts';

it('waits for another code no longer than until it is stopped', async () => {
  const stop = new AbortController();
  // A code of 20 days: hardly another one comes while the test runs.
  const secret = `otpauth://totp/shop?secret=JBSWY3DPEHPK3PXP&period=${20 * 86_400}`;
  const codes = new Codes(async () => secret, stop.signal);
  const code = await codes.next('alice');
  expect(await codes.next('alice', true)).toBe(code);
  const next = codes.next('alice');
  stop.abort();
  await expect(next).rejects.toThrow('aborted');
});
