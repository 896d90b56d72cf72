/** Tests the example of docs/token-refresh.md with a small app, and searches all written files for its tokens. */
import { randomUUID } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verify } from '../../verify/run.ts';
import { parseTarget } from '../../verify/target/load.ts';
import { found } from './found.ts';
import { type AppRequest, type AppResponse, serve } from './serve.ts';

const PASSWORD = 'correct-horse-battery';
/** Both an access token and a replaced refresh token are valid for this time, milliseconds. */
const LIFETIME = 1_000;
const GRACE = 1_000;

interface Token {
  session: { user: string; over: boolean };
  /** Expiry of the token, milliseconds since 1970. */
  until: number;
  /** The refresh token that has replaced this one. */
  next?: string;
}

/**
 * An API whose logout ends all tokens of a session. For 1 s after a refresh, the old refresh token returns the same
 * new tokens.
 */
class TokenApp {
  readonly tokens = new Map<string, Token>();
  readonly #lifetime: number;

  constructor(lifetime = LIFETIME) {
    this.#lifetime = lifetime;
  }

  answer = ({ path, body, headers }: AppRequest): AppResponse => {
    const sent: Record<string, string> = body.startsWith('{') ? JSON.parse(body) : {};
    if (path === '/auth/login' && sent['password'] === PASSWORD)
      return this.#pair({ user: sent['email'] ?? '', over: false });
    if (path === '/auth/refresh') return this.#refreshed(sent['refresh_token'] ?? '');
    const session = this.#live((headers.authorization ?? '').replace('Bearer ', ''))?.session;
    if (session === undefined) return { status: 401 };
    if (path === '/auth/logout') session.over = true;
    return json({ user: session.user });
  };

  #live(token: string): Token | undefined {
    const known = this.tokens.get(token);
    return known === undefined || known.session.over || known.until < Date.now() ? undefined : known;
  }

  #refreshed(token: string): AppResponse {
    const known = this.#live(token);
    if (known === undefined) return { status: 400 };
    if (known.next === undefined) known.until = Date.now() + GRACE;
    known.next ??= this.#issue(known.session, Number.POSITIVE_INFINITY);
    return this.#pair(known.session, known.next);
  }

  #pair(session: Token['session'], refresh = this.#issue(session, Number.POSITIVE_INFINITY)): AppResponse {
    const access = this.#issue(session, Date.now() + this.#lifetime);
    return json({ access_token: access, refresh_token: refresh, expires_in: this.#lifetime / 1000 });
  }

  #issue(session: Token['session'], until: number): string {
    const token = randomUUID();
    this.tokens.set(token, { session, until });
    return token;
  }
}

const json = (body: object): AppResponse => ({
  body: JSON.stringify(body),
  headers: { 'Content-Type': 'application/json' },
});

const page = readFileSync(new URL('../../docs/token-refresh.md', import.meta.url), 'utf8');
const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
const parsed = (text: string) => parseTarget(text, 'docs/token-refresh.md', { ALICE_PASSWORD: PASSWORD });

it('the example of the docs: sessions are refreshed, token-refresh is valid, and no token is written', async () => {
  const out = mkdtempSync(join(tmpdir(), 'refresh-'));
  const app = new TokenApp();
  const served = await serve(app.answer);
  try {
    const text = example
      .replace(/^url: .*$/m, `url: ${served.url}`)
      .replace('grace: 10s', 'grace: 1s')
      .replace('x-instance-id', 'x-instance');
    const target = parsed(text);
    const { result } = await verify(target, {
      seed: 1,
      sessions: 4,
      duration: 2_500,
      out,
      workloads: ['hop', 'refresh-race'],
    });
    const verdicts = Object.fromEntries(result.guarantees.map(one => [one.guarantee, one.judgement]));
    expect(verdicts).toMatchObject({ 'token-refresh': 'valid', continuity: 'valid' });
    // Expects many refreshes, because the sessions of `hop` outlive their access tokens.
    expect(served.asked.filter(({ path }) => path === '/auth/refresh').length).toBeGreaterThan(100);
    const files = globSync(`${out}/**/*.*`);
    expect(files.length).toBeGreaterThan(1);
    const written = files.map(file => readFileSync(file, 'utf8')).join('\n');
    expect([...app.tokens.keys(), PASSWORD].filter(secret => written.includes(secret))).toEqual([]);
  } finally {
    await served.stop();
    rmSync(out, { recursive: true });
  }
});

describe('init', () => {
  const accounts = ['alice', 'bob'].map(name => ({
    user: `${name}@example.test`,
    password: PASSWORD,
    passwordEnv: 'ALICE_PASSWORD',
  }));

  it.each([
    ['finds the refresh', 'an API whose logout ends the tokens', 600_000, () => {}, { revokes: 'access' }],
    [
      'names the logout all the same, and demands no end of access tokens,',
      'an API whose logout ends nothing, and whose access tokens expire during init',
      LIFETIME,
      () => false,
      {},
    ],
  ])('%s of %s', async (_, __, lifetime, logout, revokes) => {
    const app = new TokenApp(lifetime);
    const served = await serve(asked =>
      asked.path === '/auth/logout' && logout() === false ? json({}) : app.answer(asked),
    );
    try {
      const { file, text } = await found(served, { accounts });
      expect(file).toMatchObject({
        headers: { Authorization: 'Bearer {access}' },
        login: { path: '/auth/login', json: { email: '{user}', password: '{password}' } },
        logout: { path: '/auth/logout' },
      });
      expect(file['refresh']).toEqual({
        path: '/auth/refresh',
        json: { refresh_token: '{refresh}' },
        access: { json: '/access_token' },
        token: { json: '/refresh_token' },
        lifetime: { json: '/expires_in' },
        ...revokes,
      });
      expect(parsed(text).claims).toContain('token-refresh');
      expect([...app.tokens.keys(), PASSWORD].filter(secret => text.includes(secret))).toEqual([]);
    } finally {
      await served.stop();
    }
  });
});

it.each([
  ['access', '/access_token'],
  ['token', '/refresh_token'],
])('a wrong place of refresh.%s is an error before the load, and no lost session', async (key, place) => {
  const out = mkdtempSync(join(tmpdir(), 'refresh-'));
  const served = await serve(new TokenApp().answer);
  try {
    const text = example.replace(/^url: .*$/m, `url: ${served.url}`).replace(`json: ${place}`, 'json: /none');
    const run = verify(parsed(text), { seed: 1, sessions: 1, duration: 100, out, workloads: ['hop'] });
    await expect(run).rejects.toThrow(
      new RegExp(`^refresh\\.${key}: expected the .* at .*/none.*, got none`),
    );
  } finally {
    await served.stop();
    rmSync(out, { recursive: true });
  }
});
