import { servePlain } from '../hosts/plain/serve.ts';

const maxAge = Number(process.env['COOKIE_MINUTES']) * 60_000;

servePlain({ session: { rolling: true, cookie: { httpOnly: true, sameSite: 'lax', maxAge } } });
