import { servePlain } from '../hosts/plain/serve.ts';

const path = process.env['COOKIE_PATH'] ?? '/';

servePlain({ session: { saveUninitialized: true, cookie: { httpOnly: true, sameSite: 'lax', path } } });
