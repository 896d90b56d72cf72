import { expect, it } from 'vitest';
import { scrub, secretsOf } from './secrets.ts';

const account = (password: string) => ({ user: 'u', label: 'u', password });

it('hides passwords of accounts, and values of variables whose names suggest a secret', () => {
  const environment = { DB_PASSWORD: 'hunter22', PWD: '/srv/shop', API_KEY: 'k-1-k', SHORT_TOKEN: 'abc' };
  const secrets = secretsOf({ accounts: [account('sesame'), account('sesame-street')] }, environment);
  expect(secrets).toEqual(['sesame-street', 'hunter22', 'sesame', 'k-1-k']);
  expect(scrub('sesame-street: hunter22 in /srv/shop, abc', secrets)).toBe(
    '(hidden): (hidden) in /srv/shop, abc',
  );
});

it.each([
  ['Set-Cookie: sid=abc; Path=/', 'Set-Cookie: (hidden)'],
  ['> cookie: sid=abc', '> cookie: (hidden)'],
  ['Authorization: Bearer x.y.z', 'Authorization: (hidden)'],
  ['PGPASSWORD=x psql', 'PGPASSWORD=(hidden) psql'],
  ['{"token":"abc","user":"alice"}', '{"token":(hidden),"user":"alice"}'],
  ['GET /?session_id=abc&a=1', 'GET /?session_id=(hidden)&a=1'],
  ['redis://:secret@127.0.0.1:6379/0', 'redis://(hidden)@127.0.0.1:6379/0'],
  ['app-1 restarted in 3 s', 'app-1 restarted in 3 s'],
])('hides what looks like a secret: %s', (text, shown) => expect(scrub(text, [])).toBe(shown));
