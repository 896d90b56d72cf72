/** Tests the examples of RFC 6238, appendix B. They have eight digits; Baton generates the last six. */
import { describe, expect, it } from 'vitest';
import { codeOf, oneTime } from './one-time.ts';

/** The secret in RFC 6238, appendix B: "12345678901234567890" in base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('a one-time code', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [20_000_000_000, '353130'],
  ])('at %i s is %s', (seconds, code) => expect(codeOf(SECRET, seconds * 1000)).toBe(code));

  it('is made from what apps show: the secret in groups, or the address in the QR code', () => {
    expect(codeOf('gezd gnbv gy3t qojq gezd gnbv gy3t qojq', 59_000)).toBe('287082');
    const address = `otpauth://totp/shop:alice?secret=${SECRET}&digits=8&period=30`;
    expect([codeOf(address, 59_000), oneTime(address).period]).toEqual(['94287082', 30]);
  });

  it.each(['no secret!', 'otpauth://hotp/shop:alice?secret=GEZDGNBV&counter=1', 'otpauth://totp/shop'])(
    'is not made from %s',
    text => expect(() => oneTime(text)).toThrow(),
  );
});
