import { createHash } from 'node:crypto';
import { Cookie } from 'tough-cookie';
import { describe, expect, it } from 'vitest';
import { attributesOf, Rooms } from './cookie-attributes.ts';

const hash = (n: number): string => createHash('md5').update(`${n}`).digest('hex');
const count = (n: number): string => n.toString(16).padStart(32, '0');

function roomsOf(values: number, value: (n: number) => string): number[] {
  const rooms = new Rooms();
  return Array.from({ length: values }, (_, n) => rooms.of('sid', value(n)));
}

describe('the entropy of session ids', () => {
  it('is unknown for fewer than 20 ids', () => {
    expect(roomsOf(19, count).every(room => room === Number.POSITIVE_INFINITY)).toBe(true);
  });

  it('is the maximum for their alphabet if the ids are random', () => {
    expect(roomsOf(40, hash).at(-1)).toBe(128);
  });

  it('counts only the changing digits of a counter', () => {
    expect(roomsOf(40, count).at(-1)).toBe(8);
    expect(roomsOf(40, n => count(5_000 + 256 * n)).at(-1)).toBe(8);
  });

  it('is unknown for a few ids that are repeated', () => {
    expect(roomsOf(500, n => count(n % 19)).at(-1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is separate for each length and each cookie name', () => {
    const rooms = new Rooms();
    for (let n = 0; n < 19; n++) {
      rooms.of('sid', count(n));
      rooms.of('other', count(100 + n));
      rooms.of('sid', `${count(200 + n)}0`);
    }
    expect(rooms.of('sid', count(19))).toBe(8);
  });

  it('is that of the decoded value: percent-encoding adds no entropy', () => {
    expect(roomsOf(40, n => `s%3A${hash(n)}.${hash(n + 500)}`).at(-1)).toBe(Math.floor(64 * Math.log2(94)));
  });
});

describe('a Set-Cookie line', () => {
  const folded = (line: string): boolean | undefined =>
    attributesOf(Cookie.parse(line, { loose: true }) as Cookie, line).folded;

  it.each([
    'sid=abc; Path=/; HttpOnly, theme=dark; Path=/',
    'sid=abc; Expires=Wed, 21 Oct 2026 07:28:00 GMT, theme=dark',
    'sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/,sid=abc; HttpOnly',
    'sid=, sid=abc; Path=/',
    'a=1, __Host-sid=abc',
  ])('into which a proxy has joined several cookies is recognised: %s', line => {
    expect(folded(line)).toBe(true);
  });

  it.each([
    'sid=abc; Path=/; HttpOnly; SameSite=Lax',
    'sid=abc; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Max-Age=60; Path=/',
    'sid=abc; expires=Wednesday, 21-Oct-26 07:28:00 GMT',
    'list=a,b=c,d; Path=/',
    'json={"a":1,"b":2}; Path=/',
  ])('of one cookie may contain commas: %s', line => {
    expect(folded(line)).toBeUndefined();
  });
});
