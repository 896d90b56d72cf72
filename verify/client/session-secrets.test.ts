import { describe, expect, it } from 'vitest';
import { SessionSecrets } from './session-secrets.ts';

describe('the secrets of a request and its response', () => {
  const secrets = new SessionSecrets({ sessionCookies: ['sid'] });
  const sent = [
    { name: 'sid', value: 'one' },
    { name: 'csrf', value: 'two' },
  ];

  it.each([
    ['sets no cookie', []],
    ['repeats its session cookie', [{ name: 'sid', value: 'one' }]],
    ['sets another cookie, and deletes one', [{ name: 'csrf', value: 'three' }, { name: 'sid' }]],
  ])('are the same list if the response %s', (_, set) =>
    expect(secrets.ofBoth(sent, set)).toBe(secrets.sent(sent)),
  );

  it('are the old and the new value if the response changes the session cookie', () =>
    expect(secrets.ofBoth(sent, [{ name: 'sid', value: 'new' }])).toEqual(['one', 'new']));
});
