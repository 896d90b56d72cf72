import { servePlain } from '../hosts/plain/serve.ts';

servePlain({ session: { cookie: { httpOnly: true, sameSite: 'lax', maxAge: 4_000 } } });
