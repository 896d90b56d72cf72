import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  session: { saveUninitialized: true },
  onSession: () => (request, response, next) => {
    if (request.path === '/status') response.json({ ok: true });
    else next();
  },
});
