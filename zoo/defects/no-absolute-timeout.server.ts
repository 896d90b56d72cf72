import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  session: { rolling: true, cookie: { httpOnly: true, sameSite: 'lax', maxAge: 4_000 } },
});
