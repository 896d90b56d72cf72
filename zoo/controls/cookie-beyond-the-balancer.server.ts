import { cookieSessions } from '../hosts/plain/cookie-sessions.ts';
import { servePlain } from '../hosts/plain/serve.ts';

servePlain({ ...cookieSessions, cartLimit: Number.POSITIVE_INFINITY });
