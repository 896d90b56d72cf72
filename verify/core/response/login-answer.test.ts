import { describe, expect, it } from 'vitest';
import { acceptsLogin, type LoginPage, limitsLogin, refusesLogin, returnsTo } from './login-answer.ts';
import type { Reply } from './reply.ts';

const FORM = '<input type="password">';
const LIMITED = 'Too many login attempts';
const reply = (part: Partial<Reply>): Reply => ({ status: 200, headers: {}, body: '', cookies: [], ...part });
const { status: _, ...none } = reply({});

describe('a login', () => {
  it.each<[string, Partial<Reply>, Partial<LoginPage>, boolean | undefined]>([
    ['a redirect to another page', { status: 303, redirect: '/home' }, {}, true],
    ['a redirect to the login page', { status: 303, redirect: '/login' }, {}, false],
    ['a redirect to the login page with a query', { status: 303, redirect: '/login?error' }, {}, false],
    ['a page without a password field', {}, {}, true],
    ['the form again', { body: FORM }, {}, false],
    ['a refusal', { status: 400 }, {}, false],
    ['an error of the server', { status: 500 }, {}, undefined],
    ['a conflict', { status: 409 }, {}, undefined],
    ['a refusal with a message of a limit', { status: 403, body: LIMITED }, {}, undefined],
    ['a form with a message of a limit', { body: FORM + LIMITED }, {}, false],
    ['a page that the target file calls refused', { body: 'wrong' }, { refused: 'wrong' }, false],
    ['a status that the target file calls accepted', { status: 401 }, { accepted: [401] }, true],
    ['a status that the target file does not call accepted', { status: 200 }, { accepted: [204] }, false],
    [
      'a refused page with an accepted status',
      { body: 'wrong' },
      { refused: 'wrong', accepted: [200] },
      false,
    ],
  ])('that gets %s is judged by it', (_case, part, more, accepted) => {
    expect(acceptsLogin(reply(part), { page: '/login', ...more })).toBe(accepted);
  });

  it('without a response is not judged', () => {
    expect(acceptsLogin(none, { page: '/login' })).toBeUndefined();
  });

  it('that is redirected to a signed-out page of another host is refused only if this is its login page', () => {
    const at = (redirect: string) =>
      acceptsLogin(reply({ status: 302, redirect }), { page: '/login' }, [
        'http://shop.test/login',
        'http://shop.test/',
      ]);
    expect([at('http://shop.test/login'), at('http://shop.test/'), at('http://else.test/login')]).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('the answer to a login', () => {
  it('limits logins if it shows the form again with such a message', () => {
    expect(limitsLogin(reply({ body: FORM + LIMITED }))).toBe(true);
    expect(limitsLogin(reply({ body: FORM }))).toBe(false);
    expect(limitsLogin(reply({ body: LIMITED }))).toBe(false);
    expect(limitsLogin(reply({ redirect: '/', body: FORM + LIMITED }))).toBe(false);
  });

  it('is searched for a refusal in the body and in the redirect', () => {
    const refuses = (part: Partial<Reply>, refused?: string) =>
      refusesLogin(reply(part), { page: '/login', refused });
    expect(refuses({ body: 'wrong' }, 'wrong')).toBe(true);
    expect(refuses({ redirect: '/?wrong' }, 'wrong')).toBe(true);
    expect(refuses({ body: 'welcome' }, 'wrong')).toBe(false);
    expect(refuses({ body: 'wrong' })).toBe(false);
  });

  it('returns to a login page with its own query only exactly', () => {
    expect(returnsTo('/index?page=login', '/index?page=login')).toBe(true);
    expect(returnsTo('/index?page=login', '/index?page=login?x')).toBe(false);
    expect(returnsTo('/login', '/login?next=/')).toBe(true);
    expect(returnsTo('/login', '/login-done')).toBe(false);
    expect(returnsTo('/login', undefined)).toBe(false);
  });
});
