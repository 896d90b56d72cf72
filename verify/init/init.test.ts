/** Tests single steps of `baton init`. The tests in tests/hosts run it on whole apps. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Form, type FormField, parsePage } from '../client/page.ts';
import { claimsOf } from './claims.ts';
import type { AppFindings } from './findings.ts';
import { loginForm } from './login.ts';
import { findMark } from './mark.ts';
import { holdsSession } from './session-data.ts';
import { differentFields } from './tokens.ts';
import type { PageVisit } from './visitor.ts';
import { targetFile } from './write.ts';
import { unfinishedFile } from './write-unfinished.ts';

const named = (form: { fields: FormField[] } | undefined) => form?.fields.map(({ name }) => name);
const form = (inside: string, attributes = 'method="post"') => `<form ${attributes}>${inside}</form>`;

const SEARCH = form('<input name="q" type="search"><button>Search</button>', 'method="get"');
const NEWSLETTER = form('<input name="email" type="email"><button>Subscribe</button>');
const REGISTER = form(
  '<input name="email"><input name="password" type="password"><button>Sign up</button>',
  'method="post" action="/register"',
);
const CHANGE = form('<input type="password" name="old"><input type="password" name="new">');
const LOGIN = form('<input name="u"><input name="p" type="password"><button>Log in</button>');

describe('the login form', () => {
  it.each([
    ['beside search, newsletter and register forms', SEARCH + NEWSLETTER + REGISTER + LOGIN, ['u', 'p']],
    [
      'in a table',
      `<table><form method="post"><tr><td><input name="a"></td><td><input type="password" name="b"></form></table>`,
      ['a', 'b'],
    ],
    [
      'with a named button, which PHP apps often ask for',
      form('<input name="a"><input type="password" name="b"><input type="submit" name="go" value="Log in">'),
      ['a', 'b', 'go'],
    ],
    ['without any words', form('<input name="a"><input type="password" name="b">'), ['a', 'b']],
    [
      'whose box for remembering is not ticked',
      form('<input name="a"><input type="password" name="b"><input type="checkbox" name="r">'),
      ['a', 'b'],
    ],
    ['is not found: it registers', REGISTER, undefined],
    ['is not found: it changes a password', CHANGE, undefined],
    ['is not found: it would put the password into an address', LOGIN.replace('post', 'get'), undefined],
    ['is not found: it subscribes', NEWSLETTER, undefined],
    ['is not found: there are no forms', '<p>Single page</p><script>"<form>"</script>', undefined],
  ])('%s', (_, html, fields) => expect(named(loginForm(parsePage(html)))).toEqual(fields));
});

describe('hidden fields of a login form that differ between visitors', () => {
  const page = (token: string) =>
    form('<input type="hidden" name="do" value="search"><input name="q">', 'method="get"') +
    form(
      `<input type="hidden" name="do" value="login"><input type="hidden" name="sec" value="${token}">` +
        '<input name="u"><input name="p" type="password">',
    );
  it('do not include fields that only a search form before it has with another value', () => {
    const login = loginForm(parsePage(page('one'))) as Form;
    expect([...differentFields(login, parsePage(page('two')))]).toEqual(['sec']);
    expect([...differentFields(login, parsePage(page('one')))]).toEqual([]);
  });
});

const seen = (body: string, status = 200): PageVisit => {
  const json = body.startsWith('{') ? JSON.parse(body) : undefined;
  return { ...parsePage(body), path: '/', status, headers: {}, body, cookies: [], json };
};

const mark = (
  page: (name: string, look: number) => string,
  outside = '<p>Log in</p>',
  users = ['alice', 'bob'],
) => {
  const found = findMark(
    [
      {
        path: '/',
        first: [seen(page('alice', 1)), seen(page('alice', 2))],
        second: seen(page('bob', 3)),
        outside: [seen(outside, 200)],
      },
    ],
    users,
  );
  return found === undefined ? undefined : [found.user, ...found.shown];
};

describe('the signed-in mark', () => {
  it('is the shortest text that finds only the user, and nothing when signed out', () => {
    expect(mark(name => `<nav>Hi, <b>${name}</b></nav>`)).toEqual([
      'Hi,\\s+<b>([^<]+)',
      undefined,
      undefined,
    ]);
    expect(mark(name => `<b>News</b><nav>Hi, <b>${name}</b></nav>`)).toEqual([
      'Hi,\\s+<b>([^<]+)',
      undefined,
      undefined,
    ]);
    expect(mark(name => `<b>Hi</b><i data-user="${name}">`, '<i data-user="">')).toEqual([
      'data-user="([^"]+)',
      undefined,
      undefined,
    ]);
  });

  it('is beside an id of the user, in inline JSON, or in an attribute', () => {
    const id = (name: string) => (name === 'alice' ? 5 : 61);
    expect(mark(name => `<a class=me href="/users/${id(name)}">${name}</a>`)?.[0]).toBe(
      'href="/users/[\\w-]+">([^<]+)',
    );
    expect(
      mark(name => `<script type="application/json">{"id":${id(name)},"login":"${name}"}</script>`)?.[0],
    ).toMatch(/"login":"\(\[/);
    expect(mark(name => `<script>window.__STATE__={user:'${name}',id:1}</script>`)?.[0]).toMatch(/user:'\(/);
  });

  it('is on a page with a logout rather than in JSON', () => {
    const view = (path: string, page: (name: string) => string) => ({
      path,
      first: [seen(page('alice')), seen(page('alice'))],
      second: seen(page('bob')),
      outside: [seen('', 302)],
    });
    const pages = [
      view('/api/me', name => JSON.stringify({ name })),
      view('/home', name => `<b>Hi</b> <i>${name}</i> ${form('<button>Log out</button>')}`),
    ];
    expect(findMark(pages, ['alice', 'bob'])?.page).toBe('/home');
  });

  it('is a text that contains the name, if other data of the user stands before it or on a smaller page', () => {
    const data = (name: string) => `<a data-path="${name === 'alice' ? 'alice_data' : 'd2lraQ'}">data</a>`;
    const account = (name: string) => `<b>${name}@localhost</b>`;
    const both = (name: string) => data(name) + account(name);
    expect(mark(both)?.slice(1)).toEqual(['alice@localhost', 'bob@localhost']);
    const view = (path: string, page: (name: string) => string) => ({
      path,
      first: [seen(page('alice')), seen(page('alice'))],
      second: seen(page('bob')),
      outside: [seen('', 302)],
    });
    const pages = [view('/data', data), view('/home', name => both(name).padEnd(5000))];
    expect(findMark(pages, ['alice', 'bob'])?.page).toBe('/home');
  });

  it('is a text beside the name, if scripts name a default user to a signed-out client', () => {
    const script = (name: string) => `<script>set({user:"${name}"})</script>`;
    const server = (name: string) => `<li>\n  Account: ${name}@localhost\n</li>`;
    expect(mark(name => script(name) + server(name), script('root'))).toEqual([
      'Account:\\s+([^\\s]+)',
      expect.stringContaining('alice@localhost'),
      expect.stringContaining('bob@localhost'),
    ]);
  });

  it('is a member of JSON', () => {
    expect(mark(name => JSON.stringify({ user: { name }, at: 1 }), '{}')?.[0]).toEqual({
      json: '/user/name',
    });
  });

  it('is the name on the page, if it differs from the login name; never a token', () => {
    const page = (name: string, look: number) =>
      `<input name="token" value="t${name}${look}aaaaaaaaaaaaaaaaaaaaaaaaaa"><p>Dear <em>${name === 'alice' ? 'Alice A.' : 'Bob B.'}</em></p>`;
    expect(mark(page, '<p>Log in</p>', ['a@x.test', 'b@x.test'])).toEqual([
      'Dear\\s+<em>([^<]+)',
      'Alice A.',
      'Bob B.',
    ]);
  });

  it('is undefined if all visitors see the same, or the name is visible when signed out', () => {
    expect(mark(() => '<p>Welcome</p>')).toBeUndefined();
    expect(mark(name => `<p>Members: alice, ${name}</p>`, '<p>Members: alice, bob</p>')).toBeUndefined();
  });
});

describe('a session cookie', () => {
  it.each([
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJ1Ijoi.c2ln', true],
    ["Flask's", '.eJyrVoovSC3KTcxLzStRslIqLU4tUtIBAF_uBpE.ZmY.sig', true],
    ["cookie-session's", 'eyJ1c2VyIjoiYWxpY2UifQ==', true],
    ['an encrypted one', 'x'.repeat(200), true],
    ["@fastify/secure-session's", `${'x'.repeat(71)}%3D%3B${'y'.repeat(32)}`, true],
    ['an id signed by SHA-512', `s%3A${'x'.repeat(32)}.${'y'.repeat(86)}`, false],
    ['an id of 128 hexadecimal digits', 'b01e087489458f5b'.repeat(8), false],
    [
      "express-session's",
      's%3AJbZ3kD8kYcQy0O7fGm2tq0xV6l1nWb9P.4n2kq5l9pQhV7ZgXo3c1rT8yUwE0sAi6bJdMfKvLxCs',
      false,
    ],
    ["Django's", 'x1p0q9w8e7r6t5y4u3i2o1p0a9s8d7f6', false],
    ["React Router's id", `${btoa('"4f6f0f6a-1f9b-4c8e-9d6b-0a1b2c3d4e5f"')}.${'s'.repeat(43)}`, false],
    ["React Router's data", `${btoa('{"userId":"42"}')}.${'s'.repeat(43)}`, true],
    ["PHP's", 'k4rqd9p0s1c2v3b4n5m6l7k8j9', false],
    ["Tornado's", '2|1:0|10:1764414000|4:user|8:YWxpY2U=|b7c64b0f3a1d', true],
    ['a signed name', 'alice.1764414000.b7c64b0f3a1d', true],
  ])('%s contains the session data: %s → %s', (_, value, holds) =>
    expect(holdsSession([value], ['alice'])).toBe(holds),
  );

  it('contains the session data if it grows with what a page stores, and an id if it is only replaced', () => {
    expect(holdsSession(['x'.repeat(72), 'y'.repeat(96)])).toBe(true);
    expect(holdsSession(['k%2Brqd9p0s1c2v3b4', 'n5m6l7k8j9x1p0q9'])).toBe(false);
  });

  it('of a long opaque value is an encrypted id if the value was as long before the login', () => {
    const sealed = (length: number) => `Fe26.2**${'b01e087489458f5b'.repeat(length)}`;
    expect(holdsSession([sealed(16), sealed(16)], ['alice'], { before: sealed(16) })).toBe(false);
    expect(holdsSession([sealed(18), sealed(18)], ['alice'], { before: sealed(16) })).toBe(true);
    expect(holdsSession([sealed(16), sealed(16)], ['alice'])).toBe(true);
  });

  it('contains an encrypted name if each of its values is longer for the user with the longer name', () => {
    const holds = (
      own: string[],
      again: string | undefined,
      second: string,
      users = ['alice', 'bob'],
    ): boolean => holdsSession(own, users, { again, second });
    const [long, short] = ['Q2'.repeat(32), `${'x7'.repeat(30)}xy=`];
    expect(holds([long, long], long, short)).toBe(true);
    expect(holds([short], short, long, ['bob', 'alice'])).toBe(true);
    // These lengths prove nothing: one user's values differ, the longer name has the shorter value, or both names are
    // equally long.
    expect(holds([long], short, short)).toBe(false);
    expect(holds([short], short, long)).toBe(false);
    expect(holds([long], long, short, ['anna', 'bob2'])).toBe(false);
    expect(holds([long], undefined, short)).toBe(false);
    // A short id may have lost a zero at its start.
    expect(holds(['k4rqd9p0s1c'], '9w8e7r6t5y4', 'i2o1p0a9s8')).toBe(false);
  });
});

describe('a target file of an app whose logout leaves the cookie valid', () => {
  const login = { page: '/login', method: 'POST' as const, path: '/login', form: { user: '{user}' } };
  const logout = { method: 'POST' as const, path: '/logout' };
  const written = (value: string, livesOn: boolean, more: Partial<AppFindings> = {}): string =>
    targetFile({
      name: 'app',
      url: 'http://127.0.0.1',
      accounts: ['alice', 'bob'].map(user => ({ user, passwordEnv: 'PASSWORD' })),
      login,
      mark: { page: '/', user: '(alice)', shown: [] },
      signedOut: {},
      sessions: {},
      logout,
      livesOn,
      failedLogouts: [],
      carried: { cookies: ['sid'], each: false },
      recipe: undefined,
      csrf: undefined,
      signal: SIGNAL,
      probe: undefined,
      ...claimsOf({
        values: [[value]],
        users: [],
        left: { logout, livesOn },
        signal: SIGNAL,
        login,
        probe: more.probe,
      }),
      ...more,
    });
  const SIGNAL = { instance: { header: 'x-served-by' }, names: ['one', 'two'], sticky: false };
  const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiYWxpY2Ui.c2lnbmF0dXJlLW9mLWFsaWNl';

  it('says so at the logout, and names what the weaker claim leaves out', () => {
    const text = written(TOKEN, true);
    expect(text).toMatch(/# Leaves the session valid: .*\n# `logout-final` \(ZOMBIE\)\.\nlogout:/);
    expect(text).toContain('the file does not claim `logout-final`, which `standard` includes.');
    expect(text).toContain('- stateless-token');
  });

  it('names a status 403 for a client without a session, and one for an unknown token', () => {
    const declared = (signedOut: AppFindings['signedOut']): boolean =>
      /signedOut:\n {2}status:\n {4}- 403/.test(written('0123456789abcdef', false, { signedOut }));
    expect([{ status: 401 }, { status: 403 }, { status: 401, unknownToken: 403 }].map(declared)).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('claims `logout-final` for an opaque token in a header, and the weaker claim for a JWT', () => {
    const token = (value: string): string => {
      const capture = { token: { json: '/token' } };
      const left = { logout, livesOn: true };
      const { claims } = claimsOf({
        values: [[value]],
        users: [],
        left,
        signal: SIGNAL,
        probe: undefined,
        login: { ...login, capture },
      });
      return String(claims[0]);
    };
    expect(token('q8Zr1tY0vXc2mN4bK6jH8gF3dS5aP7oI9uE1wQxRzLk')).toBe('standard');
    expect(token(TOKEN)).toBe('stateless-token');
  });

  it('claims `logout-final` for a long signed id if a probe shows that the server keeps the session', () => {
    const id = 'MTc2NDQyODE1OHxOd3dBTkZCTFNsWlJRMVpEV0ZaT'.repeat(4);
    const read = { path: '/', items: '<p>([^<]+)' };
    const probe = { object: 'notes', scope: 'session' as const, read, add: { path: '/' } };
    expect(written(id, true, { probe })).toContain('- stateless-token');
    expect(written(id, true, { probe: { ...probe, onServer: true } })).toContain('- standard');
  });

  it('names the logouts that were tried if none signs out', () => {
    const text = written('0123456789abcdef', false, { logout: undefined, failedLogouts: ['POST /logout'] });
    expect(text).toContain('# No logout: after POST /logout the session was still signed in.');
    expect(text).not.toMatch(/^logout:/m);
    expect(written('0123456789abcdef', false, { logout: undefined })).not.toContain('No logout');
  });

  it('says how isolation is decided without a probe', () => {
    expect(written('0123456789abcdef', false)).toContain('`isolation` is decided by the names on the pages');
  });

  it('claims only what a run can decide, and says how to add the rest', () => {
    const text = written('0123456789abcdef', false, {
      signal: undefined,
      undecidable: [
        { guarantee: 'cookie-policy', lacks: 'no static file', remedy: 'name one under `public`' },
      ],
    });
    expect(parse(text).claims).toEqual([
      'isolation',
      'logout-final',
      'rotation',
      'forgery',
      'one-session',
      'private-responses',
      'availability',
    ]);
    expect(text).toMatch(/# - continuity: no sign of which instance .* To claim it, add `instance`/);
    expect(text).toContain('# - cookie-policy: no static file. To claim it, name one under `public`.');
  });

  it('names what is missing if init could not finish', () => {
    const accounts = [{ user: 'alice', passwordEnv: 'PASSWORD' }];
    const text = unfinishedFile(
      { name: 'app', url: 'http://127.0.0.1', accounts, login },
      'init: no page\nnames her',
    );
    expect(text).toMatch(/^# UNFINISHED: init: no page\n# names her\n/);
    expect(parse(text)).toMatchObject({ login: { path: '/login' }, accounts: [{ user: 'alice' }] });
    expect(text).toMatch(/^# signedIn:/m);
    expect(text).not.toMatch(/^# login:/m);
  });

  it('claims `standard` if the cookie is only an id, and says so at the logout too', () => {
    expect(written('0123456789abcdef', true)).toMatch(/# Leaves the session valid[\s\S]*- standard/);
    expect(written('0123456789abcdef', false)).not.toContain('Leaves the session valid');
  });
});
