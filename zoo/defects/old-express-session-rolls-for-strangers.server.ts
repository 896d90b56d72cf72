import { RedisStore } from 'connect-redis';
import { type RequestHandler, Router } from 'express';
import { servePlain } from '../hosts/plain/serve.ts';
import { oldExpressSession } from '../stores/old-libraries.ts';

/** Adds SameSite to the cookies, which the old version cannot. */
const sameSite: RequestHandler = (_request, response, next) => {
  const set = response.setHeader.bind(response);
  response.setHeader = (name, value) =>
    set(
      name,
      name.toLowerCase() === 'set-cookie' ? [value].flat().map(line => `${line}; SameSite=Lax`) : value,
    );
  next();
};

servePlain({
  sessions: (redis, secret) =>
    Router().use(
      sameSite,
      oldExpressSession({
        ...{ store: new RedisStore({ client: redis }), secret, rolling: true },
        ...{ resave: false, saveUninitialized: false, cookie: { httpOnly: true, path: '/' } },
      }),
    ),
});
