import { describe, expect, it } from 'vitest';
import { forgeries } from './forgeries.ts';

const SIGNED = 's%3Aabcdefghijklmnopqrstuvwx.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123';
const OTHER = 's%3AZYXWVUTSRQPONMLKJIHGFEDC.zyxwvutsrqponmlkjihgfedcba9876';
const by = (change: string) => forgeries(SIGNED, OTHER).find(forgery => forgery.change === change)?.forged;

describe('forged cookies', () => {
  it('differ from both, each in its way', () => {
    const all = forgeries(SIGNED, OTHER);
    expect(all.map(({ change }) => change)).toEqual([
      'a character of part 1',
      'a character of part 2',
      'cut',
      'emptied',
      'spliced with another',
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

  it('splice the id of one with the signature of the other', () => {
    expect(decodeURIComponent(by('spliced with another') ?? '')).toBe(
      's:abcdefghijklmnopqrstuvwx.zyxwvutsrqponmlkjihgfedcba9876',
    );
  });

  it('leave a short suffix alone, by which a balancer routes', () => {
    const routed = '0123456789abcdef0123456789abcdef.app-2';
    for (const { change, forged } of forgeries(routed, 'fedcba98765432100123456789abcdef.app-1'))
      if (change.startsWith('a character')) expect(forged.endsWith('.app-2')).toBe(true);
  });
});
