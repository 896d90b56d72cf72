/** Makes the random changes that concern cookies or responses (`HANDLER_ACTS`). */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Request, RequestHandler, Response } from 'express';
import type { Oracle } from './oracle.ts';

type Strike = (request: Request, response: Response, oracle: Oracle) => 'ended' | undefined;

/** The plain Express app names its session cookie `connect.sid`, and the web shop `sid`. */
const COOKIE = /^(connect\.sid|sid)=/;

let lastLogin: { cookie: string; user: string } | undefined;

function changing(response: Response, name: string, change: (value: string) => string): void {
  const set = response.setHeader.bind(response);
  response.setHeader = (header, value) => {
    if (header.toLowerCase() !== name || typeof value === 'number') return set(header, value);
    return set(header, typeof value === 'string' ? change(value) : value.map(change));
  };
}

const cookieOf = ({ headers }: Request): string | undefined =>
  headers.cookie?.split('; ').find(cookie => COOKIE.test(cookie));

/** `change` receives the text of a successful page, and returns the text to send. */
function changingPage(response: Response, change: (page: string) => string | Buffer): void {
  const send = response.send.bind(response);
  response.send = body => {
    response.send = send;
    return send(typeof body === 'string' && response.statusCode === 200 ? change(body) : body);
  };
}

/** Removes form tokens, which differ each time. */
const visible = (page: string): string => page.replaceAll(/[\w.-]{30,}/g, '');

/** Key: path. */
const lastPages = new Map<string, { page: string; user: string }>();
/** Key: session id and path; value: a page that was sent, and the time. */
const ownPages = new Map<string, { page: string; at: number }>();

export const HANDLER_ACTS: Readonly<Record<string, Strike>> = {
  'drop-cookie': (request, response, oracle) => {
    const name = cookieOf(request)?.split('=', 1)[0];
    if (name === undefined || request.session?.user === undefined || request.path.includes('log')) return;
    oracle.harm('the cookie of a live session was deleted');
    response.clearCookie(name);
    return undefined;
  },
  expose: (_request, response, oracle) => {
    changing(response, 'set-cookie', value => {
      if (!COOKIE.test(value) || value.includes('1970')) return value;
      oracle.harm('a cookie without HttpOnly was set');
      return value.replace(/; HttpOnly/i, '');
    });
    return undefined;
  },
  'other-cookie': (request, response, oracle) => {
    changing(response, 'set-cookie', value => {
      const { user } = request.session ?? {};
      if (!COOKIE.test(value) || user === undefined || !request.path.includes('login')) return value;
      const last = lastLogin;
      lastLogin = { cookie: value, user };
      if (last === undefined || last.user === user || !oracle.strikes(request.sessionID, request.session))
        return value;
      oracle.harm('the cookie of another user was set');
      return last.cookie;
    });
    return undefined;
  },
  'swap-pages': ({ session, sessionID, path }, response, oracle) => {
    const { user } = session ?? {};
    if (user === undefined) return;
    changingPage(response, page => {
      const last = lastPages.get(path);
      lastPages.set(path, { page, user });
      if (last === undefined || last.user === user || !oracle.strikes(sessionID, session)) return page;
      oracle.harm('the page of another user was sent');
      return last.page;
    });
    return undefined;
  },
  'old-page': ({ session, sessionID, originalUrl }, response, oracle) => {
    if (session?.user === undefined) return;
    changingPage(response, page => {
      const key = `${sessionID} ${originalUrl}`;
      const old = ownPages.get(key);
      if (old === undefined || Date.now() - old.at > oracle.draw.ms || !oracle.strikes(sessionID, session)) {
        ownPages.set(key, { page, at: Date.now() });
        return page;
      }
      if (visible(old.page) !== visible(page)) oracle.harm('an old page was sent');
      return old.page;
    });
    return undefined;
  },
  'wrong-304': (request, response, oracle) => {
    const { session, sessionID, headers } = request;
    if (session?.user === undefined) return;
    changingPage(response, page => {
      const asked = headers['if-none-match'];
      const etag = `"${createHash('sha256').update(page).digest('base64url')}"`;
      const strikes = asked !== undefined && asked !== etag && oracle.strikes(sessionID, session);
      if (strikes) oracle.harm('a page had changed, and the response said that it had not');
      response.set({ 'Cache-Control': 'private, no-cache', ETag: strikes ? asked : etag });
      return page;
    });
    return undefined;
  },
  revalidate: ({ session }, response) => {
    if (session?.user !== undefined) response.set('Cache-Control', 'private, no-cache');
    return undefined;
  },
  'cookie-path': (request, response, oracle) => {
    if (!request.path.includes('login')) return;
    changing(response, 'set-cookie', value => {
      if (!COOKIE.test(value) || value.includes('1970')) return value;
      oracle.harm('a cookie for one page was set');
      return value.replace(/; Path=\/(?=;|$)/i, `; Path=${request.originalUrl}`);
    });
    return undefined;
  },
  'short-cookie': (request, response, oracle) => {
    if (!request.path.includes('login')) return;
    changing(response, 'set-cookie', value => {
      if (!COOKIE.test(value) || value.includes('1970')) return value;
      oracle.harm('a cookie that expires early was set');
      const lasting = value.replaceAll(/; (Max-Age|Expires)=[^;]*/gi, '');
      return `${lasting}; Max-Age=${Math.ceil(oracle.draw.ms / 1_000)}`;
    });
    return undefined;
  },
  compress: (request, response) => {
    if (request.acceptsEncodings('gzip') !== 'gzip') return;
    changingPage(response, page => {
      response.type('html').vary('Accept-Encoding').set('Content-Encoding', 'gzip');
      return gzipSync(page);
    });
    return undefined;
  },
  'cut-gzip': (_request, response, oracle) => {
    changingPage(response, page => {
      oracle.harm('a page was cut');
      response.type('html').set('Content-Encoding', 'gzip');
      const whole = gzipSync(page);
      return whole.subarray(0, whole.length / 2);
    });
    return undefined;
  },
  'wrong-charset': (_request, response, oracle) => {
    const send = response.send.bind(response);
    response.send = body => {
      if (typeof body !== 'string' || !/[^\0-\x7f]/.test(body)) return send(body);
      oracle.harm('a page with a wrong charset was sent');
      changing(response, 'content-type', () => 'text/html; charset=iso-8859-1');
      return send(body);
    };
    return undefined;
  },
  public: (request, response, oracle) => {
    if (request.session?.user === undefined || request.method !== 'GET') return;
    oracle.harm('a page was marked public');
    response.setHeader('Cache-Control', 'public, max-age=60');
    changing(response, 'cache-control', () => 'public, max-age=60');
    return undefined;
  },
  fail: (request, response, oracle) => {
    if (request.session?.user === undefined) return;
    oracle.harm('a request failed');
    response.status(500).send('failed');
    return 'ended';
  },
  'try-again': (request, response) => {
    if (request.session?.user === undefined || request.method !== 'POST' || request.path.includes('log'))
      return;
    response.status(409).send('Nothing was done. Try again.');
    return 'ended';
  },
  'refuse-head': (_request, response) => {
    response.status(405).set('Allow', 'GET').send('Use GET.');
    return 'ended';
  },
  'close-connection': (_request, response) => {
    response.set('Connection', 'close');
    return undefined;
  },
  'set-again': (request, response) => {
    const cookie = cookieOf(request);
    if (cookie !== undefined && request.session?.user !== undefined && !request.path.includes('log'))
      response.append('Set-Cookie', `${cookie}; Path=/; HttpOnly; SameSite=Lax`);
    return undefined;
  },
  'other-cookies': (_request, response) => {
    response.append('Set-Cookie', `seen=${Date.now()}; Path=/; HttpOnly; SameSite=Lax`);
    return undefined;
  },
};

/** Changes whose handlers must see every request, to record its cookies or pages. */
const WATCHING = ['other-cookie', 'swap-pages', 'old-page', 'wrong-304'];

/** Returns a middleware that makes a random change in the requests that the oracle (oracle.ts) selects. */
export const drawnHandler =
  (oracle: Oracle): RequestHandler =>
  (request, response, next) => {
    const sid = request.sessionID ?? '';
    response.once('close', oracle.began(sid));
    const strike = HANDLER_ACTS[oracle.draw.act];
    const now = WATCHING.includes(oracle.draw.act) || oracle.strikes(sid, request.session);
    const ended = strike && now && strike(request, response, oracle);
    if (ended === undefined || ended === false) next();
  };
