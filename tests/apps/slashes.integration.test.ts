/** Checks that `baton init` learns an API whose paths end in a slash, and whose tokens have a scheme of their own. */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { found } from './found.ts';
import { type AppRequest, type AppResponse, serve } from './serve.ts';
import { PASSWORD } from './small-app.ts';

it.each([
  ['that responses ask for', { 'WWW-Authenticate': 'Token' }, true],
  ['that the app accepts; names a logout without effect', {}, false],
])('follows the redirect to a path with a slash, sends a token with the scheme %s', async (_, asks, ends) => {
  const tokens = new Map<string, string>();
  const json = (value: object, status = 200): AppResponse => ({
    status,
    body: JSON.stringify(value),
    headers: { 'Content-Type': 'application/json', ...asks },
  });
  const answer = ({ method, path, body, headers }: AppRequest): AppResponse => {
    if (!/^\/api\/(auth\/(login|logout)|me)\/?$/.test(path)) return { status: 404 };
    if (!path.endsWith('/')) return { status: 301, to: `${path}/` };
    if (path === '/api/auth/login/' && method !== 'POST') return { status: 405 };
    if (path === '/api/auth/login/') {
      const { username, password }: Record<string, string> = JSON.parse(body || '{}');
      if (username === undefined || password !== PASSWORD) return json({ detail: 'wrong' }, 400);
      const token = randomUUID();
      tokens.set(token, username);
      return json({ token });
    }
    const [, token = ''] = /^Token (.+)/.exec(headers.authorization ?? '') ?? [];
    const username = tokens.get(token);
    if (username === undefined) return json({ detail: 'not authenticated' }, 401);
    if (path !== '/api/auth/logout/') return json({ username });
    if (ends) tokens.delete(token);
    return { status: 204 };
  };
  const app = await serve(answer);
  try {
    const { file } = await found(app);
    expect(file).toMatchObject({
      login: { path: '/api/auth/login/', capture: { token: { json: '/token' } } },
      headers: { Authorization: 'Token {token}' },
      signedIn: { page: '/api/me/', user: { json: '/username' } },
      logout: { path: '/api/auth/logout/' },
    });
  } finally {
    await app.stop();
  }
});
