/**
 * Keeps each session in its cookie, sealed by the library iron. No server stores sessions, so an instance cannot
 * revoke a cookie. docs/stores.md lists the broken guarantees.
 */
import { randomBytes } from 'node:crypto';
import { callbackify } from 'node:util';
import type { Request, RequestHandler, Response } from 'express';
import session, { type SessionData } from 'express-session';
import * as iron from 'iron-webcrypto';
import { z } from 'zod';
import { withdrawCookie } from '../protocol.ts';
import { deriveKey } from '../secrets.ts';
import { SessionGoneError, SessionTooLargeError } from './errors.ts';

export interface CookieStoreOptions {
  /** The first secret encrypts, and all secrets decrypt. */
  secrets: readonly string[];
  /** Returns the seconds until a session expires. */
  ttl: (session: SessionData) => number;
  names: { plain: string; secure: string };
}

const Sealed = z.object({
  id: z.string(),
  /** Time of sealing, milliseconds since 1970, by the clock of the instance that sealed the cookie. */
  sealedAt: z.number(),
  /** Expiry, milliseconds since 1970, by the clock of the instance that sealed the cookie. */
  until: z.number(),
  data: z.record(z.string(), z.unknown()),
});
type Sealed = z.infer<typeof Sealed>;

/** Browsers accept cookies of up to 4096 bytes, including name and attributes. 96 bytes are for the attributes. */
const MOST_BYTES = 4000;
/** There is no tolerance for clock differences, because it would prolong every session. */
const SKEW_SECONDS = 0;

/** An express-session store for sessions in cookies. Its `handle` replaces express-session's middleware. */
export class CookieStore extends session.Store {
  readonly #options: CookieStoreOptions;
  readonly #keys: { id: string; secret: string }[];
  /** express-session's class Store requires this method. */
  readonly generate = (request: Express.Request): void => {
    request.sessionID = randomBytes(24).toString('base64url');
    this.createSession(request as Request, { cookie: new session.Cookie() });
  };

  constructor(options: CookieStoreOptions) {
    super();
    this.#options = options;
    // Derives the ids of the keys from the secrets, so the order of the secrets may differ between instances.
    this.#keys = options.secrets.map(secret => ({
      id: deriveKey(secret, 'cookie-session-name').slice(0, 8),
      secret: deriveKey(secret, 'cookie-session'),
    }));
  }

  /**
   * Gives the request the session in its cookie, or an empty session. Needs a cookie parser. Renews the cookie only
   * after half of the idle timeout, because a late response could overwrite a newer cookie.
   */
  readonly handle: RequestHandler = async (request, response, next) => {
    request.sessionStore = this;
    const sealed = await this.#unseal(request);
    if (sealed === undefined) {
      this.generate(request);
      return next();
    }
    const { id, sealedAt, until, data } = sealed;
    request.sessionID = id;
    const loaded = this.createSession(request, { ...data, cookie: new session.Cookie() });
    const now = Date.now();
    // Ignores errors. If sealing fails, the browser's cookie stays valid until it expires.
    if (now - sealedAt > until - now) await this.#give(response, id, loaded).catch(() => {});
    next();
  };

  /** Never returns a session, because sessions exist only in cookies. */
  override get(_sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    callback(null, null);
  }

  /** Puts the session into the response's cookie. Calls back with SessionTooLargeError if the session does not fit. */
  override set(sid: string, data: SessionData, callback: (error?: unknown) => void = () => {}): void {
    callbackify(() => this.#give(responseOf(data), sid, data))(callback);
  }

  /** Does nothing: a client can replay its old session cookie until the cookie expires. */
  override destroy(_sid: string, callback: (error?: unknown) => void = () => {}): void {
    callback();
  }

  async #unseal(request: Request): Promise<Sealed | undefined> {
    const text: unknown = request.cookies[this.#name(request)];
    if (typeof text !== 'string') return undefined;
    const keys = Object.fromEntries(this.#keys.map(key => [key.id, key]));
    try {
      const sealed = Sealed.parse(await iron.unseal(text, keys, sealing(0)));
      const left = this.#options.ttl({ ...sealed.data, cookie: new session.Cookie() });
      return sealed.until > Date.now() && left > 0 ? sealed : undefined;
    } catch {
      return undefined; // Ignores forged or truncated cookies, and cookies that were sealed with a removed secret.
    }
  }

  async #give(response: Response, id: string, given: SessionData): Promise<void> {
    const now = Date.now();
    const ttlMs = Math.ceil(this.#options.ttl(given) * 1000);
    const [key] = this.#keys;
    if (key === undefined) throw new Error('expected at least one secret to seal sessions with, got none');
    if (ttlMs <= 0) throw new SessionGoneError();
    const { cookie: _, ...data } = given;
    const sealed: Sealed = { id, sealedAt: now, until: now + ttlMs, data };
    const text = await iron.seal(sealed, key, sealing(ttlMs));
    const { secure } = response.req;
    const name = this.#name(response.req);
    const size = name.length + 1 + text.length;
    if (size > MOST_BYTES) throw new SessionTooLargeError(size, MOST_BYTES);
    withdrawCookie(response, name);
    response.cookie(name, text, { httpOnly: true, sameSite: 'lax', path: '/', secure });
  }

  #name({ secure }: Request): string {
    const { names } = this.#options;
    return secure ? names.secure : names.plain;
  }
}

function sealing(ttl: number): iron.SealOptions {
  return { ...iron.defaults, ttl, timestampSkewSec: SKEW_SECONDS };
}

/** Returns the response that belongs to a session. express-session keeps the request in a property that JSON omits. */
function responseOf(data: SessionData & { req?: Request }): Response {
  const response = data.req?.res;
  if (response === undefined) throw new Error('expected a session of a request, got another object');
  return response;
}
