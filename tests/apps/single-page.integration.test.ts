/** Checks that `baton init` finds a single-page app's requests in its scripts, or in a browser's recording. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { baton } from '../../verify/testing/baton.ts';
import { found } from './found.ts';
import type { AppRequest, AppResponse } from './serve.ts';
import { PASSWORD, type Session, SmallApp } from './small-app.ts';
import { withApp } from './verified.ts';

const BUNDLE =
  'f("/api/sign-in",{body:JSON.stringify({login:a,password:b})});f("/api/viewer");' +
  'f("/api/notes",{body:JSON.stringify({text:c})});f("/api/sign-out",{method:"POST"})';

/** The same page for every address. Its scripts call an API. */
class SinglePage extends SmallApp {
  readonly #ends: boolean;
  readonly #bundle: string;

  /** @param ends true if the logout ends the session */
  constructor(ends: boolean, bundle = BUNDLE) {
    super();
    this.#ends = ends;
    this.#bundle = bundle;
  }

  protected override route(asked: AppRequest, session: Session | undefined): AppResponse {
    const json = (value: object, status = 200): AppResponse => ({
      status,
      body: JSON.stringify(value),
      headers: { 'Content-Type': 'application/json' },
    });
    if (asked.path === '/app.js')
      return { body: this.#bundle, headers: { 'Content-Type': 'text/javascript' } };
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
    ['is learned from its scripts, and a healthy app is valid', true],
    ['is learned with a logout that has no effect, so that verify finds the violation', false],
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

/** Visits the app as a browser does. Returns the browser's recording (HAR 1.2), and the secrets in it. */
async function recorded(url: string): Promise<{ har: string; cookie: string }> {
  const entries: object[] = [];
  let cookie = '';
  const visit = async (method: string, path: string, body?: object): Promise<void> => {
    const headers = { cookie, 'content-type': 'application/json' };
    const text = body === undefined ? null : JSON.stringify(body);
    const response = await fetch(url + path, { method, headers, body: text });
    const mimeType = response.headers.get('content-type') ?? '';
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    const sent = [{ name: 'Cookie', value: cookie }];
    const postData = text === null ? {} : { postData: { mimeType: 'application/json', text } };
    entries.push({
      request: { method, url: url + path, headers: sent, ...postData },
      response: { status: response.status, content: { mimeType, text: await response.text() } },
    });
  };
  await visit('GET', '/');
  await visit('GET', '/app.js');
  await visit('POST', '/api/sign-in', { login: 'alice', password: PASSWORD });
  await visit('GET', '/api/viewer');
  await visit('GET', '/api/notes');
  await visit('POST', '/api/notes', { text: 'baton text' });
  await visit('POST', '/api/sign-out', {});
  return { har: JSON.stringify({ log: { version: '1.2', entries } }), cookie };
}

it('`init --har` learns the requests from a recording if no script contains them, and `verify` judges the app', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-har-'));
  const [har, file, out] = ['app.har', 'target.yaml', 'runs'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ];
  try {
    await withApp(new SinglePage(true, 'run(atob("…"))'), async served => {
      const { har: text, cookie } = await recorded(served.url);
      writeFileSync(har, text);
      const users = ['--user', 'alice', '--user', 'bob', '--password-env', 'HOST_PASSWORD'];
      const env = { HOST_PASSWORD: PASSWORD };
      const init = await baton(
        ['init', served.url, ...users, '--har', har, '--probe', '--file', file, '--out', out],
        env,
      );
      const written = readFileSync(file, 'utf8');
      expect(parse(written), init.stderr).toMatchObject({
        login: { path: '/api/sign-in', json: { login: '{user}', password: '{password}' } },
        signedIn: { page: '/api/viewer', user: { json: '/viewer/name' } },
        probes: [{ read: { path: '/api/notes', items: { json: '/notes/*/text' } } }],
        logout: { path: '/api/sign-out' },
      });
      expect([PASSWORD, cookie].filter(secret => written.includes(secret))).toEqual([]);
      const verified = await baton(
        ['verify', file, '--json', '--duration', '1s', '--workload', 'hop', '--out', out],
        env,
      );
      const { guarantees } = JSON.parse(verified.stdout) as {
        guarantees: { guarantee: string; claimed: boolean; judgement: string }[];
      };
      const those = (judgement: string) =>
        guarantees.filter(one => one.claimed && one.judgement === judgement).map(one => one.guarantee);
      expect(those('violated')).toEqual([]);
      expect(those('valid')).toEqual(expect.arrayContaining(['continuity', 'isolation']));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
