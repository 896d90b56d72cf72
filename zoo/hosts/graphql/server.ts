/**
 * The GraphQL host of the zoo: one URL, sessions in a cookie and in Redis.
 * GRAPHQL_DEFECT selects a defect: `session-in-memory` or `shared-loader`.
 */
import DataLoader from 'dataloader';
import express, { type Express, type Request, type Response } from 'express';
import { MemoryStore } from 'express-session';
import { buildSchema, graphql } from 'graphql';
import type { Redis } from 'ioredis';
import { issued } from '../../issued.ts';
import { requestLog } from '../plain/app.ts';
import { serve } from '../plain/serve.ts';
import { sessions, signIn, signOut } from '../plain/session.ts';
import { authenticate } from '../plain/users.ts';

const { env } = process;
const defect = env['GRAPHQL_DEFECT'] ?? '';
/** Time for which the server collects loads into one batch, milliseconds. */
const BATCH = 5;

const schema = buildSchema(`
  type Viewer { email: String! notes: [String!]! }
  type Query { viewer: Viewer }
  type Mutation {
    login(email: String!, password: String!): Viewer
    logout: Boolean!
    addNote(text: String!): Viewer
  }
`);

interface Viewer {
  email: string;
  notes: string[];
}

/** Loads the signed-in user of a request once, although several fields need the user. */
class Viewers {
  user: string | undefined;
  readonly #loader: DataLoader<'viewer', Viewer | null>;

  constructor(redis: Redis) {
    const batchScheduleFn = (run: () => void): void => void setTimeout(run, BATCH);
    this.#loader = new DataLoader(
      async keys => {
        const { user } = this;
        const viewer =
          user === undefined ? null : { email: user, notes: await redis.lrange(`notes:${user}`, 0, -1) };
        return keys.map(() => viewer);
      },
      { cache: false, batchScheduleFn },
    );
  }

  load(): Promise<Viewer | null> {
    return this.#loader.load('viewer');
  }
}

function graphqlApp(redis: Redis, instance: string): Express {
  const app = express();
  app.use(requestLog(instance));
  app.get(['/healthz', '/readyz'], async (_request, response) => {
    await redis.ping();
    response.json({ ok: true });
  });
  const parts = defect === 'session-in-memory' ? { store: () => new MemoryStore() } : {};
  app.use(express.json(), sessions(redis, env['SESSION_SECRET'] ?? 'keyboard cat', parts));
  const shared = new Viewers(redis);
  app.post('/graphql', async (request, response) => {
    const viewers = defect === 'shared-loader' ? shared : new Viewers(redis);
    viewers.user = request.session.user;
    const rootValue = resolvers(redis, viewers, request, response);
    const { query: source, variables: variableValues } = request.body ?? {};
    const result = await graphql({ schema, source: String(source), rootValue, variableValues });
    response.set('Cache-Control', 'private, no-store').json(result);
  });
  return app;
}

const resolvers = (redis: Redis, viewers: Viewers, request: Request, response: Response) => ({
  viewer: () => viewers.load(),
  async login({ email, password }: { email: string; password: string }) {
    if (!authenticate(email, password)) throw new Error('wrong password');
    await signIn(request, email);
    await issued(redis, request.sessionID);
    viewers.user = email;
    return viewers.load();
  },
  async logout() {
    await signOut(request, response);
    return true;
  },
  async addNote({ text }: { text: string }) {
    if (request.session.user === undefined) throw new Error('signed out');
    await redis.rpush(`notes:${request.session.user}`, text);
    return viewers.load();
  },
});

serve(graphqlApp);
