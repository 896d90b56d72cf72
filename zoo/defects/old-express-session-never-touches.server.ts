import { RedisStore } from 'connect-redis';
import { servePlain } from '../hosts/plain/serve.ts';
import { oldExpressSession } from '../stores/old-libraries.ts';

const ttl = Number(process.env['SESSION_SECONDS']);

servePlain({
  sessions: (redis, secret) =>
    oldExpressSession({
      store: new RedisStore({ client: redis, ttl }),
      secret,
      ...{ resave: false, saveUninitialized: false, cookie: { httpOnly: true, path: '/' } },
    }),
});
