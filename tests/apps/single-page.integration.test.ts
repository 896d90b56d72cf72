/** Checks that `baton init` finds the requests of a single-page app in its scripts. */
import { describe, expect, it } from 'vitest';
import { found } from './found.ts';
import type { AppRequest, AppResponse } from './serve.ts';
import { PASSWORD, type Session, SmallApp } from './small-app.ts';
import { withApp } from './verified.ts';

const BUNDLE =
  'f("/api/sign-in",{body:JSON.stringify({login:a,password:b})});f("/api/viewer");' +
  'f("/api/notes",{body:JSON.stringify({text:c})});f("/api/sign-out",{method:"POST"})';

/** Sends the same page for every address, and answers an API. */
class SinglePage extends SmallApp {
  readonly #ends: boolean;

  /** @param ends true if the logout ends the session */
  constructor(ends: boolean) {
    super();
    this.#ends = ends;
  }

  protected override route(asked: AppRequest, session: Session | undefined): AppResponse {
    const json = (value: object, status = 200): AppResponse => ({
      status,
      body: JSON.stringify(value),
      headers: { 'Content-Type': 'application/json' },
    });
    if (asked.path === '/app.js') return { body: BUNDLE, headers: { 'Content-Type': 'text/javascript' } };
    if (!asked.path.startsWith('/api/'))
      return { body: '<div id="root"></div><script src="/app.js"></script>' };
    const body = JSON.parse(asked.body || '{}') as Record<string, string>;
    if (asked.path === '/api/sign-in') {
      if (!this.users.includes(body['login'] ?? '') || body['password'] !== PASSWORD) return json({}, 401);
      return { ...json({ ok: true }), cookies: this.enter(body['login'] ?? '', asked).cookies ?? [] };
    }
    if (session === undefined) return json({}, 401);
    if (asked.path === '/api/sign-out') {
      if (this.#ends) this.end(session, asked);
      return json({ ok: true });
    }
    if (asked.path === '/api/viewer') return json({ viewer: { name: session.user } });
    if (asked.path !== '/api/notes') return json({}, 404);
    if (asked.method === 'POST') session.notes.push(body['text'] ?? '');
    return json({ notes: session.notes.map(text => ({ text })) });
  }
}

describe('a single-page app', () => {
  it.each([
    ['whose logout ends the session', true],
    ['whose logout has no effect: the file names it, so that a run shows the violation', false],
  ])('%s', async (_, ends) => {
    await withApp(new SinglePage(ends), async served => {
      const { file, text } = await found(served);
      expect(file).toMatchObject({
        login: { path: '/api/sign-in', json: { login: '{user}', password: '{password}' } },
        signedIn: { page: '/api/viewer', user: { json: '/viewer/name' } },
        probes: [{ scope: 'session', read: { path: '/api/notes', items: { json: '/notes/*/text' } } }],
        logout: { method: 'POST', path: '/api/sign-out' },
      });
      expect(text.includes('Leaves the session valid')).toBe(!ends);
      expect(text).not.toContain(PASSWORD);
    });
  });
});
