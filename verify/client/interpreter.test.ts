import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canaryOf } from '../core/history/canary.ts';
import type { Reply } from '../core/response/reply.ts';
import { parseTarget } from '../target/load.ts';
import { interpreterOf } from './interpreter.ts';

const target = parseTarget(
  readFileSync(new URL('../../baton.yaml', import.meta.url), 'utf8'),
  'baton.yaml',
  {},
);
const interpreter = interpreterOf(target, secret => `label-of-${secret.length}`, 'bc0ffee');
interpreter.sessionCookies = ['sid'];

const reply = (more: Partial<Reply>): Reply => ({ status: 200, headers: {}, body: '', cookies: [], ...more });
const page = (user: string, items: string[] = []) =>
  `<body data-user="${user}">${items.map(item => `<li data-item="${item}">${item}</li>`).join('')}`;
const read = (more: Partial<Reply>) => interpreter.seen(reply(more), { action: 'read', object: 'basket' });
const canary = (user: string) => canaryOf({ prefix: 'bc0ffee', user, session: 's1', number: 1, random: 0.1 });

describe('with an identity provider on another host', () => {
  const origins = ['https://login.example.test'];
  const away = interpreterOf({ ...target, origins }, secret => secret, 'bc0ffee');
  const asked = (action: 'read' | 'login' | 'form', redirect: string) =>
    away.seen(reply({ status: 302, redirect }), { action }).signedIn;

  it('a page or a login that redirects to the provider is signed out', () => {
    expect(asked('read', 'https://login.example.test/auth')).toBe('out');
    expect(asked('login', 'https://login.example.test/auth')).toBe('out');
  });

  it('a redirect to another host, or of the login page, does not show whether a session is signed in', () => {
    expect(asked('read', 'https://login.example.test.evil.example/auth')).toBeUndefined();
    expect(asked('form', 'https://login.example.test/auth')).toBeUndefined();
  });
});

it('accepts the login of an API without a login page by its status', () => {
  const api = interpreterOf({ ...target, login: { ...target.login, page: '' } }, secret => secret, 'bc0ffee');
  const at = (status: number) => api.seen(reply({ status }), { action: 'login' }).signedIn;
  expect([at(200), at(401)]).toEqual(['in', 'out']);
});

describe('a login that redirects to the login page on another host, such as one without the port', () => {
  const entered = (declared: string[], redirect: string) =>
    interpreterOf(
      { ...target, signedOut: { status: [], redirect: declared } },
      secret => secret,
      'bc0ffee',
    ).seen(reply({ status: 302, redirect }), { action: 'login' }).signedIn;
  const login = 'http://shop.example.test/login';
  const home = 'http://shop.example.test/';

  it('is refused if the target file declares this redirect as signed out', () => {
    expect([entered([login], login), entered([home], home), entered([], login)]).toEqual(['out', 'in', 'in']);
  });
});

describe('Interpreter', () => {
  it('reads the signed-in user, the state and the instance', () => {
    const seen = read({
      body: page('alice@example.test', ['a&amp;b', 'c']),
      headers: { 'x-instance-id': 'app-1' },
    });
    expect(seen).toMatchObject({
      outcome: 'ok',
      signedIn: 'in',
      sawUser: 'alice',
      saw: ['a&b', 'c'],
      instance: 'app-1',
    });
  });

  it.each([
    ['a redirect to the login', { status: 303, redirect: '/login' }, 'out', 'fail'],
    ['a 401', { status: 401 }, 'out', 'fail'],
    ['a page without the mark', { body: '<body>hello' }, 'out', 'fail'],
    ['a redirect elsewhere', { status: 302, redirect: '/terms' }, undefined, 'ok'],
    ['a 403', { status: 403 }, undefined, 'fail'],
    ['a 500', { status: 500, body: 'no mark here' }, undefined, 'fail'],
    ['a 503', { status: 503, body: 'no mark here' }, undefined, 'fail'],
    ['a 299 without the mark', { status: 299 }, 'out', 'fail'],
    ['a 300', { status: 300 }, undefined, 'ok'],
    ['no response', { status: undefined, failure: 'timeout' as const }, undefined, 'fail'],
  ])('finds out the sign-in state and the outcome of %s', (_, more, signedIn, outcome) => {
    const { status, ...rest } = more as Partial<Reply>;
    const given = status === undefined && 'status' in more ? rest : more;
    const seen = interpreter.seen(
      {
        headers: {},
        body: '',
        cookies: [],
        ...('status' in more ? {} : { status: 200 }),
        ...(given as Partial<Reply>),
      },
      { action: 'read', object: 'basket' },
    );
    expect(seen.signedIn).toBe(signedIn);
    expect(seen.outcome).toBe(outcome);
  });

  it('labels a user that is not part of the run, and never writes the name', () => {
    const seen = read({ body: page('stranger@example.test') });
    expect(seen.sawUser).toBe('unknown-label-of-21');
  });

  it('finds canaries outside the state, in body and headers', () => {
    const body = page('alice@example.test', [canary('alice')]) + canary('bob');
    expect(read({ body }).canaries).toEqual([canary('bob')]);
    expect(read({ headers: { 'x-note': `for ${canary('carol')}.` } }).canaries).toEqual([canary('carol')]);
    expect(read({ body: page('alice@example.test', [canary('alice')]) }).canaries).toBeUndefined();
  });

  it('records changes of session cookies by label alone', () => {
    const cookies = [{ name: 'sid', value: 'secret' }, { name: 'theme', value: 'dark' }, { name: 'sid' }];
    const seen = read({ body: page('alice@example.test'), cookies });
    expect(seen.cookies).toEqual([
      { name: 'sid', change: 'set', label: 'label-of-6' },
      { name: 'sid', change: 'deleted' },
    ]);
    expect(JSON.stringify(seen)).not.toContain('secret');
  });

  it('records a session cookie without a value as deleted, because it carries no session', () => {
    const cookies = [{ name: 'sid', value: '' }];
    expect(read({ cookies }).cookies).toEqual([{ name: 'sid', change: 'deleted' }]);
  });

  it.each([
    [{ status: 303, redirect: '/dashboard' }, 'in', 'ok'],
    [{ status: 303, redirect: '/login' }, 'out', 'fail'],
    [{ status: 401 }, 'out', 'fail'],
    [{ status: 403 }, 'out', 'fail'],
    [{ status: 200, body: '<input type="password">' }, 'out', 'fail'],
    [{ status: 200, body: '{"ok":true}' }, 'in', 'ok'],
    [{ status: 429 }, undefined, 'fail'],
    [{ status: 500 }, undefined, 'info'],
  ])('judges a login by its own response: %o', (more, signedIn, outcome) => {
    const seen = interpreter.seen(reply(more), { action: 'login' });
    expect([seen.signedIn, seen.outcome]).toEqual([signedIn, outcome]);
  });

  it('does not treat a temporary refusal of a login as a refusal of the account', () => {
    for (const status of [409, 423, 425, 429])
      expect(interpreter.seen(reply({ status }), { action: 'login' }).signedIn, `${status}`).toBeUndefined();
  });

  it.each([400, 403, 404, 409, 419, 422, 423, 429])(
    'treats a %d as a failed request, not as a sign-out',
    status => {
      for (const action of ['read', 'add'] as const)
        expect(interpreter.seen(reply({ status }), { action })).toMatchObject({ outcome: 'fail' });
      expect(read({ status }).signedIn).toBeUndefined();
    },
  );

  it('treats a write whose response is the login page as one that may not have happened', () => {
    const login = '<form><input type="password"></form>';
    const wrote = (body: string) => interpreter.seen(reply({ body }), { action: 'add' }).outcome;
    expect([wrote(login), wrote('saved'), wrote(page('alice@example.test') + login)]).toEqual([
      'info',
      'ok',
      'ok',
    ]);
  });

  it('treats a write without the usual redirect as one that may not have happened', () => {
    const own = interpreterOf(target, secret => secret, 'bc0ffee');
    const wrote = (more: Partial<Reply>, action: 'add' | 'remove' = 'add') =>
      own.seen(reply(more), { action, object: 'basket' }).outcome;
    const again = { body: '<form>Error: the token is invalid' };
    expect(wrote(again)).toBe('ok');
    own.redirecting.add('basket');
    expect([wrote(again), wrote({ status: 303, redirect: '/basket' }), wrote(again, 'remove')]).toEqual([
      'info',
      'ok',
      'ok',
    ]);
    const worker = interpreterOf(target, secret => secret, 'bc0ffee');
    worker.learn(own.learned);
    expect(worker.seen(reply(again), { action: 'add', object: 'basket' }).outcome).toBe('info');
  });

  it('decides by the page at the end of its redirects whether a login was accepted', () => {
    const landed = (more: Partial<Reply>) => interpreter.landed(reply(more));
    const form = '<input type="password">';
    expect([
      landed({ body: form }),
      landed({ status: 401 }),
      landed({ body: page('alice@example.test') + form }),
      landed({ body: `Too many login attempts ${form}` }),
    ]).toEqual([false, false, true, 'limited']);
    expect([landed({ body: 'Welcome' }), landed({ status: 404 })]).toEqual([true, true]);
    expect([landed({ status: 500 }), landed({ status: 503 })]).toEqual([undefined, undefined]);
    expect(interpreter.landed({ headers: {}, body: '', cookies: [], failure: 'timeout' })).toBeUndefined();
    expect(landed({ status: 429 })).toBe('limited');
  });

  it('treats a page that names no user as signed in if signed-out clients do not see it', () => {
    const own = interpreterOf(target, secret => secret, 'bc0ffee');
    const asked = { action: 'read', object: 'basket' } as const;
    const body = '<li data-item="a">a</li>';
    expect(own.seen(reply({ body }), asked).signedIn).toBe('out');
    own.unnamed.add('basket');
    expect(own.seen(reply({ body }), asked)).toMatchObject({ signedIn: 'in', saw: ['a'], outcome: 'ok' });
    expect(own.seen(reply({ body: '<input type="password">' }), asked).signedIn).toBe('out');
    expect(own.seen(reply({ status: 401 }), asked).signedIn).toBe('out');
  });

  it('does not treat the redirect after a logout as a lost session', () => {
    const seen = interpreter.seen(reply({ status: 303, redirect: '/login' }), { action: 'logout' });
    expect([seen.signedIn, seen.outcome]).toEqual([undefined, 'ok']);
  });
});
