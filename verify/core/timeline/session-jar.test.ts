/** Tests which session cookies a client holds after each response, according to the history. */
import { describe, expect, it } from 'vitest';
import type { CookieChange, Operation } from '../history/history.ts';
import { SessionJar } from './session-jar.ts';

const response = (path: string, ...cookies: CookieChange[]) => ({ path, cookies }) as Operation;
const attributes = (path?: string, domain?: string) => ({
  httpOnly: true,
  secure: true,
  bytes: 20,
  bits: 128,
  ...(path === undefined ? {} : { path }),
  ...(domain === undefined ? {} : { domain }),
});
const set = (name: string, label: string, path?: string, domain?: string): CookieChange => ({
  name,
  label,
  change: 'set',
  attributes: attributes(path, domain),
});
const gone = (name: string, path?: string, domain?: string): CookieChange => ({
  name,
  change: 'deleted',
  attributes: attributes(path, domain),
});

describe('the jar of a session', () => {
  const empties = (first: Operation, then: Operation) => {
    const jar = new SessionJar();
    jar.take(first);
    return jar.take(then);
  };

  it('is empty once its last cookie is deleted, by name, path and domain', () => {
    const held = response('/login', set('sid', 'a', '/'));
    expect(empties(held, response('/', gone('sid', '/')))).toBe(true);
    expect(empties(held, response('/', gone('sid', '/app')))).toBe(false);
    expect(empties(held, response('/', gone('sid', '/', 'example.test')))).toBe(false);
    expect(empties(held, response('/', gone('sid', '/'), set('other', 'b', '/')))).toBe(false);
    expect(empties(held, response('/', { name: 'sid', change: 'deleted' }))).toBe(true);
  });

  it('keeps a cookie without a Path for the folder of its page', () => {
    const held = response('/app/login', set('sid', 'a'));
    expect(empties(held, response('/app/home', gone('sid')))).toBe(true);
    expect(empties(held, response('/', gone('sid', '/app')))).toBe(true);
    expect(empties(held, response('/home', gone('sid')))).toBe(false);
  });

  it('is empty after a deletion if the history does not show what it held', () => {
    expect(new SessionJar().take(response('/', { name: 'sid', change: 'deleted' }))).toBe(true);
    expect(new SessionJar().take(response('/'))).toBe(false);
  });

  it('recognises a value that it does not hold', () => {
    const jar = new SessionJar();
    jar.take(response('/', set('sid', 'a', '/')));
    expect([
      jar.replacedBy(response('/', set('sid', 'a', '/'))),
      jar.replacedBy(response('/', set('sid', 'b', '/'))),
    ]).toEqual([false, true]);
  });
});
