import { expect, it } from 'vitest';
import { Codes } from './enter.ts';

it('stops waiting for another code when it is aborted', async () => {
  const stop = new AbortController();
  // Each one-time code is valid for 20 days, so that no code changes during the test.
  const secret = `otpauth://totp/shop?secret=JBSWY3DPEHPK3PXP&period=${20 * 86_400}`;
  const codes = new Codes(async () => secret, stop.signal);
  const code = await codes.next('alice');
  expect(await codes.next('alice', true)).toBe(code);
  const next = codes.next('alice');
  stop.abort();
  await expect(next).rejects.toThrow('aborted');
});
