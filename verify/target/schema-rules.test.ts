import { expect, it } from 'vitest';
import { parseTarget } from './load.ts';

const FORM = { user: '{user}' };
const REFRESH = { path: '/refresh', access: { json: '/access' } };

function errorOf(change: object): string {
  const file = {
    version: 1,
    url: 'http://127.0.0.1:1',
    accounts: [{ user: 'alice', password: 'x' }],
    login: { path: '/login', form: FORM },
    signedIn: { page: '/', user: { json: '/user' } },
    ...change,
  };
  try {
    parseTarget(JSON.stringify(file), 'target.yaml', {});
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was found wrong');
}

it.each<[string, object, string]>([
  [
    'a host with a path',
    { origins: ['https://login.example.test/realms/4711'] },
    'origins.0: expected a scheme and a host, such as https://login.example.test, without user and path, got more than that: write "https://login.example.test"',
  ],
  [
    'a host with a user',
    { origins: ['https://user:4711@login.example.test'] },
    'without user and path, got more than that: write "https://login.example.test"',
  ],
  ['a host without a scheme', { origins: ['login.example.test'] }, 'got "login.example.test"'],
  [
    'a logout on another host',
    { logout: { path: 'https://login.example.test/end?id_token_hint=4711' } },
    'logout.path: expected a path, or an address on a host under `origins`, got an address on https://login.example.test',
  ],
  [
    'a logout at no address',
    { logoutEverywhere: { path: 'https://:80/4711' } },
    'logoutEverywhere.path: expected a path, or an address without user name and password, such as https://login.example.test/logout, got another address',
  ],
  [
    'a logout at an address with a user',
    {
      origins: ['https://login.example.test'],
      logout: { path: 'https://user:4711@login.example.test/end' },
    },
    'an address without user name and password',
  ],
  ['a login without path and form', { login: {} }, 'login.path: missing: expected a path. To send a form'],
  [
    'a step without a path before a login with one',
    { login: { path: '/login', steps: [{ form: FORM }] } },
    'login.steps.0.path: missing: expected a path. To send a form',
  ],
  [
    'a step with a path after one without',
    { login: { form: FORM, steps: [{ form: FORM }, { path: '/next' }] } },
    'login.steps.1.path: expected no path after a step without a path, got "/next": move this step before that step',
  ],
  [
    'a refresh token in a path',
    { refresh: { ...REFRESH, path: '/refresh/{refresh}' } },
    'refresh.path: expected {refresh} in the body or a header, got it in the path, which histories record',
  ],
  [
    'an access token in the path of the logout',
    { refresh: REFRESH, logout: { path: '/logout/{access}?now=1' } },
    'logout.path: expected {access} in the body or a header, got it in the path',
  ],
  [
    'a lifetime as a number',
    { refresh: { ...REFRESH, lifetime: 900 } },
    'refresh.lifetime: expected a time such as 15m, { json: /pointer } or { header: name }, got 900',
  ],
  [
    'a step with a mail, without a mailbox',
    { login: { path: '/login', steps: [{ path: '/mail', mail: { code: '(4711)' } }] } },
    'login.steps.0.mail: expected the key `mail` at the top, which says where to read mails',
  ],
  [
    'a mailbox at an address with a user',
    { mail: { url: 'http://user:4711@127.0.0.1:8025/view/latest.txt' } },
    'mail.url: expected an address without a user and a password, got one with them: use `command`',
  ],
  [
    'a mailbox with two places',
    { mail: { url: 'http://127.0.0.1/4711', command: './4711' } },
    'mail: expected `url` or `command`, got both',
  ],
  ['a mailbox without a place', { mail: {} }, 'mail: expected `url` or `command`, got none'],
  [
    'a mailbox at an address of another protocol',
    { mail: { url: 'ftp://user:4711@127.0.0.1/{user}' } },
    'mail.url: expected an http:// or https:// address, got another text',
  ],
  [
    'a mailbox that shows the mails of all users',
    { mail: { url: 'http://127.0.0.1:8025/view/latest.txt' } },
    'mail.url: expected {user} in the address, so that each login reads the mails of its own user, got none',
  ],
  [
    'a mail after a form of the last page',
    { mail: { command: './mail' }, login: { form: FORM, steps: [{ form: FORM, mail: { code: '(4711)' } }] } },
    'login.steps.0.path: missing: expected a path: a step with `mail` or `passkey` cannot send a form',
  ],
  [
    'a password before a mail, and an account without one',
    {
      mail: { command: './mail' },
      accounts: [{ user: 'alice' }],
      login: { path: '/in', steps: [{ path: '/a', form: { p: '{password}' }, mail: { code: '(4711)' } }] },
    },
    'accounts.0.password: missing: expected a text',
  ],
  [
    'a login with passkeys that no registration makes',
    { login: { path: '/login', steps: [{ path: '/options', passkey: 'get' }] } },
    'login.steps.0.passkey: expected `register` with a step that has `passkey: create`',
  ],
  [
    'a refresh beside a session',
    { login: undefined, session: { cookie: 'sid=4711' }, refresh: REFRESH },
    'refresh: expected `login` in the same file, got `session`, whose tokens Baton does not know',
  ],
])('%s is refused, and the error shows no secret', (_, change, expected) => {
  const message = errorOf(change);
  expect(message).toContain(expected);
  expect(message).toMatch(/^target\.yaml:1:/);
  expect(message).not.toContain('4711');
});

it('an account needs no password if a mail or a passkey replaces it', () => {
  const login = { path: '/in', steps: [{ path: '/a', form: FORM, mail: { code: '(4711)' } }] };
  const change = { mail: { command: './mail' }, accounts: [{ user: 'alice' }], login };
  expect(() => errorOf(change)).toThrow('nothing was');
});

it('the query of a path may have a token: no history has queries', () => {
  expect(() => errorOf({ refresh: { ...REFRESH, path: '/refresh?token={refresh}' } })).toThrow('nothing was');
});
