/**
 * Checks that `baton init` learns an API from its OpenAPI document. The API is mentioned on no page and in no script, and
 * has no usual path.
 */
import { expect, it } from 'vitest';
import { found } from './found.ts';
import type { AppRequest, AppResponse } from './serve.ts';
import { PASSWORD, type Session, SmallApp } from './small-app.ts';
import { judged, those, withApp } from './verified.ts';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const body = (name: string) => ({ requestBody: { content: { 'application/json': { schema: ref(name) } } } });
const text = { type: 'string' };

const DOCUMENT = {
  openapi: '3.1.0',
  servers: [{ url: '/v1' }],
  paths: {
    '/people': { post: { summary: 'Register', ...body('Entry') } },
    '/entrance': { post: { operationId: 'authenticate', ...body('Entry') } },
    '/jottings': {
      get: { parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer' } }] },
      post: body('Jotting'),
    },
    '/jottings/{id}': { get: {}, delete: {} },
    '/people/whoami': { get: {} },
    '/entrance/close': { post: { summary: 'Log out', operationId: 'close_entrance' } },
  },
  components: {
    schemas: {
      Entry: {
        properties: { identifier: text, passphrase: text, kind: { enum: ['web', 'app'] }, device: text },
        required: ['identifier', 'passphrase', 'kind'],
      },
      Jotting: { allOf: [ref('Named'), { properties: { stars: { type: 'integer', minimum: 2 } } }] },
      Named: { properties: { subject: text, lang: text }, required: ['subject', 'lang'] },
    },
  },
};

class Described extends SmallApp {
  readonly #local: boolean;

  /** @param local true if each instance keeps its sessions in its own memory */
  constructor(local: boolean) {
    super();
    this.#local = local;
  }

  override knows(session: Session, { instance }: AppRequest): boolean {
    return !this.#local || session.born === instance;
  }

  protected override route(asked: AppRequest, session: Session | undefined): AppResponse {
    const json = (value: object, status = 200): AppResponse => ({
      status,
      body: JSON.stringify(value),
      headers: { 'Content-Type': 'application/json' },
    });
    const sent = JSON.parse(asked.body || '{}') as Record<string, string>;
    const called = `${asked.method} ${asked.path}`;
    if (called === (this.#local ? 'GET /documentation/json' : 'GET /openapi.json')) return json(DOCUMENT);
    if (called === 'POST /v1/entrance') {
      const { identifier = '', passphrase, kind } = sent;
      if (kind !== 'web') return json({}, 422);
      if (!this.users.includes(identifier) || passphrase !== PASSWORD) return json({}, 401);
      return { ...json({ ok: true }), cookies: this.enter(identifier, asked).cookies ?? [] };
    }
    if (!asked.path.startsWith('/v1/')) return json({ detail: 'Not Found' }, 404);
    if (session === undefined) return json({}, 401);
    switch (called) {
      case 'GET /v1/people/whoami':
        return json({ identifier: session.user });
      case 'POST /v1/jottings':
        if (sent['lang'] === undefined) return json({}, 422);
        session.notes.push(sent['subject'] ?? '');
        return json({});
      case 'GET /v1/jottings':
        return json({ jottings: session.notes.map(subject => ({ subject })), owner: session.user });
      case 'POST /v1/entrance/close':
        this.end(session, asked);
        return json({});
    }
    return json({ detail: 'Not Found' }, 404);
  }
}

it.each([
  ['a healthy API is valid', false],
  ['sessions in the memory of one instance are reported as LOSS', true],
])('the OpenAPI document describes login, mark, probe and logout: %s', async (_, local) => {
  await withApp(new Described(local), async served => {
    const { file, text: written } = await found(served);
    expect(file).toMatchObject({
      login: {
        path: '/v1/entrance',
        json: { identifier: '{user}', passphrase: '{password}', kind: 'web' },
      },
      signedIn: { page: '/v1/people/whoami', user: { json: '/identifier' } },
      probes: [
        {
          read: { path: '/v1/jottings', items: { json: '/jottings/*/subject' } },
          add: { json: { subject: '{value}', lang: 'baton' } },
        },
      ],
      logout: { method: 'POST', path: '/v1/entrance/close' },
    });
    const result = await judged(written, { workloads: ['hop', 'logout-race'] });
    expect(those(result, 'violated')).toEqual(local ? ['continuity'] : []);
    expect(served.asked.filter(({ method, path }) => method === 'POST' && path === '/v1/people')).toEqual([]);
  });
});
