import { servePlain } from '../hosts/plain/serve.ts';

servePlain({ session: { cookie: { httpOnly: true, sameSite: 'lax', secure: true } } });
