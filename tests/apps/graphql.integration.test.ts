/** Tests an API that reads data by POST requests, with the session id in headers. */
import { expect, it } from 'vitest';
import type { AppRequest, AppResponse } from './serve.ts';
import { PASSWORD, type Session, SmallApp } from './small-app.ts';
import { judged, those, withApp } from './verified.ts';

/** Answers queries and mutations at one URL, with the session id in headers, as the protocol MCP does. */
class Queries extends SmallApp {
  protected override route(asked: AppRequest, session: Session | undefined): AppResponse | undefined {
    if (asked.path !== '/graphql') return { body: '{}' };
    const {
      query = '',
      text = '',
      user = '',
      pass,
    } = JSON.parse(asked.body || '{}') as Record<string, string>;
    const json = (data: object, headers = {}): AppResponse => ({
      body: JSON.stringify({ data }),
      headers: { 'Content-Type': 'application/json', ...headers },
    });
    if (query === 'login') {
      if (!this.users.includes(user) || pass !== PASSWORD) return { status: 401, body: '{}' };
      this.enter(user, asked);
      return json({}, { 'X-Session': this.sessions.at(-1)?.id ?? '' });
    }
    if (session === undefined || !this.knows(session, asked)) return json({ me: null });
    if (query === 'add') session.notes.push(text);
    if (query === 'logout') this.end(session, asked);
    return json(
      query === 'me' ? { me: { name: session.user } } : { me: { name: session.user }, notes: session.notes },
    );
  }

  protected override sessionOf({ headers }: AppRequest): Session | undefined {
    return this.sessions.find(({ id }) => id === headers['x-session']);
  }
}

const target = (url: string) => ({
  version: 1,
  url,
  headers: { 'X-Session': '{session}' },
  accounts: ['alice', 'bob'].map(user => ({ user, password: PASSWORD })),
  login: {
    path: '/graphql',
    json: { query: 'login', user: '{user}', pass: '{password}' },
    capture: { session: { header: 'x-session' } },
  },
  signedIn: { page: '/graphql', json: { query: 'me' }, user: { json: '/data/me/name' } },
  probes: [
    {
      object: 'notes',
      kind: 'bag',
      read: { path: '/graphql', json: { query: 'notes' }, items: { json: '/data/notes/*' } },
      // GraphQL refuses a request with status 200, so only the text of the response shows success.
      add: { path: '/graphql', json: { query: 'add', text: '{value}' }, confirmed: '"name"' },
    },
  ],
  logout: { path: '/graphql', json: { query: 'logout' } },
  instance: { header: 'x-instance' },
});

it('a healthy app is not accused, and its reads are judged', async () => {
  await withApp(new Queries(), async served => {
    const result = await judged(target(served.url), { workloads: ['hop', 'logout-race'] });
    expect(those(result, 'violated')).toEqual([]);
    expect(those(result, 'valid')).toEqual(expect.arrayContaining(['continuity', 'isolation']));
    expect(served.asked.some(({ method, path }) => method === 'GET' && path === '/graphql')).toBe(false);
  });
});

it('an app that keeps sessions in one instance: continuity is violated', async () => {
  class Local extends Queries {
    override knows({ born }: Session, { instance }: AppRequest): boolean {
      return born === instance;
    }
  }
  await withApp(new Local(), async served => {
    const result = await judged(target(served.url), { workloads: ['hop'] });
    expect(those(result, 'violated')).toEqual(['continuity']);
  });
});
