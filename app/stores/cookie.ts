/**
 * Keeps each session in its cookie, sealed by the library iron, without a server that stores sessions.
 * No instance can revoke a cookie. docs/stores.md states which guarantees this breaks.
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
  /** Name of the cookie, over http and over https. */
  names: { plain: string; secure: string };
}

/** The decrypted content of a session cookie. */
const Sealed = z.object({
  id: z.string(),
  /** Time of sealing, milliseconds since 1970, on the clock of the instance that sealed the cookie. */
  sealedAt: z.number(),
  /** Expiry, milliseconds since 1970, on the clock of the instance that sealed the cookie. */
  until: z.number(),
  data: z.record(z.string(), z.unknown()),
});
type Sealed = z.infer<typeof Sealed>;

/** Browsers accept cookies of up to 4096 bytes with name and attributes; 96 bytes are for the attributes. */
const MOST_BYTES = 4000;
/** A tolerance for clock differences would prolong every session. */
const SKEW_SECONDS = 0;

/** An express-session store whose `handle` replaces the middleware of express-session. */
export class CookieStore extends session.Store {
  readonly #options: CookieStoreOptions;
  readonly #keys: { id: string; secret: string }[];
  /** Gives the request an empty session with a new id. express-session's Store requires this method. */
  readonly generate = (request: Express.Request): void => {
    request.sessionID = randomBytes(24).toString('base64url');
    this.createSession(request as Request, { cookie: new session.Cookie() });
  };

  constructor(options: CookieStoreOptions) {
    super();
    this.#options = options;
    // Derives ids from the secrets, which find a cookie's key even if instances list the secrets in another order.
    this.#keys = options.secrets.map(secret => ({
      id: deriveKey(secret, 'cookie-session-name').slice(0, 8),
      secret: deriveKey(secret, 'cookie-session'),
    }));
  }

  /**
   * Gives the request the session in its cookie, or an empty session. A cookie parser must run before.
   * Renews the cookie only after half of the idle timeout: a late response could overwrite a newer cookie.
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
    // The browser's present cookie stays valid until it expires.
    if (now - sealedAt > until - now) await this.#give(response, id, loaded).catch(() => {});
    next();
  };

  /** Always returns no session, because sessions are only in cookies. */
  override get(_sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    callback(null, null);
  }

  /** Puts the session into the response's cookie. Calls back with SessionTooLargeError if the session does not fit. */
  override set(sid: string, data: SessionData, callback: (error?: unknown) => void = () => {}): void {
    callbackify(() => this.#give(responseOf(data), sid, data))(callback);
  }

  /** Does nothing: a client can replay a kept session cookie until its expiry. */
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

/** express-session keeps the request in a property of the session that JSON omits. */
function responseOf(data: SessionData & { req?: Request }): Response {
  const response = data.req?.res;
  if (response === undefined) throw new Error('expected a session of a request, got another object');
  return response;
}
