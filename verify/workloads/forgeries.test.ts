import { describe, expect, it } from 'vitest';
import { forgeries } from './forgeries.ts';

const SIGNED = 's%3Aabcdefghijklmnopqrstuvwx.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123';
const OTHER = 's%3AZYXWVUTSRQPONMLKJIHGFEDC.zyxwvutsrqponmlkjihgfedcba9876';
const by = (change: string) => forgeries(SIGNED, OTHER).find(forgery => forgery.change === change)?.forged;

describe('forged cookies', () => {
  it('differ from both cookies, each in its own way', () => {
    const all = forgeries(SIGNED, OTHER);
    expect(all.map(({ change }) => change)).toEqual([
      'a character of part 1',
      'a character of part 2',
      'cut',
      'emptied',
      'spliced with another session',
    ]);
    const forged = all.map(forgery => forgery.forged);
    expect(new Set([...forged, SIGNED, OTHER]).size).toBe(all.length + 2);
  });

  it('change one character in the middle of a part, never its last one', () => {
    const [own, forged] = [decodeURIComponent(SIGNED), decodeURIComponent(by('a character of part 2') ?? '')];
    const changed = [...own].flatMap((letter, i) => (letter === forged[i] ? [] : [i]));
    expect(changed).toHaveLength(1);
    const [at = 0] = changed;
    expect(at).toBeGreaterThan(own.indexOf('.') + 1);
    expect(at).toBeLessThan(own.length - 1);
  });

  it('replace the content of a cookie in plain JSON, but not an id, which needs no signature', () => {
    const plain = (user: string) => Buffer.from(JSON.stringify({ user })).toString('base64');
    const content = (own: string, other: string) =>
      forgeries(own, other).find(({ change }) => change === 'content of another session')?.forged;
    const forged = content(plain('alice'), plain('bob')) ?? '';
    expect(JSON.parse(Buffer.from(forged, 'base64').toString())).toEqual({ user: 'bob' });
    expect(forged).not.toBe(plain('bob'));
    expect(content(`${plain('alice')}.c2lnbmF0dXJl`, plain('bob'))).toBe(`${forged}.c2lnbmF0dXJl`);
    expect(content(plain('0123456789abcdef'), plain('fedcba9876543210'))).toBeUndefined();
    expect(content(plain('ab+cd/ef0123456789+g=='), plain('hi/jk+lm9876543210/n=='))).toBeUndefined();
    expect(content(SIGNED, OTHER)).toBeUndefined();
  });

  it('combine the id of one with the signature of the other', () => {
    expect(decodeURIComponent(by('spliced with another session') ?? '')).toBe(
      's:abcdefghijklmnopqrstuvwx.zyxwvutsrqponmlkjihgfedcba9876',
    );
  });

  it.each([
    ['0123456789abcdef0123456789abcdef.app-2', 'fedcba98765432100123456789abcdef.app-1', /\.app-2$/],
    [
      'A1B2C3D4E5F60718.shop-7f9c4d8b6-x2x4z',
      '18F7E6D5C4B3A201.shop-7f9c4d8b6-q9k2m',
      /\.shop-7f9c4d8b6-x2x4z$/,
    ],
    [
      'A1B2C3D4E5F60718.shop-7f9c4d8b6-x2x4z',
      '18F7E6D5C4B3A201.shop-7f9c4d8b6-x2x4z',
      /\.shop-7f9c4d8b6-x2x4z$/,
    ],
    [
      'shop-7f9c4d8b6-x2x4z~0123456789abcdef',
      'shop-7f9c4d8b6-q9k2m~fedcba9876543210',
      /^shop-7f9c4d8b6-x2x4z~/,
    ],
  ])('leave the part alone by which a balancer routes: %s', (value, other, route) => {
    const id = value.replace(/[.~]?shop[\w-]*~?|\.app-2/, '');
    for (const { change, forged } of forgeries(value, other)) {
      if (change.startsWith('a character')) expect(forged).toMatch(route);
      // A forged value must change the session id, not only the name of the instance.
      expect(forged, change).not.toContain(id);
    }
  });

  it('change a digit of a UUID, and none of its separators', () => {
    const [first] = forgeries('550e8400-e29b-41d4-a716-446655440000', '0b9c7f7e-1d52-4b61-9c8e-2f6f3a5d7e10');
    expect(first?.forged.replace(/[^-]/g, '')).toBe('----');
    expect(first?.forged).not.toBe('550e8400-e29b-41d4-a716-446655440000');
  });

  it('change the signature of a token whose payloads begin alike', () => {
    const [own, other] = [
      'eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiYWxpY2Ui.c2lnbmF0dXJlLW9mLWFsaWNl',
      'eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiYm9iIiwi.dGhlLXNpZ25hdHVyZS1vZi1i',
    ];
    expect(forgeries(own, other).map(({ change }) => change)).toEqual([
      ...['a character of part 1', 'a character of part 2', 'a character of part 3', 'cut', 'emptied'],
      'spliced with another session',
    ]);
  });
});
