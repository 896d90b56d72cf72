/** The tokens of a session: refreshes the access token as an app does. */
import type { Send } from '../client/send.ts';
import { keepTokens, REFRESH } from '../client/tokens.ts';
import { filled, filledJson } from '../core/response/form.ts';
import type { Reply } from '../core/response/reply.ts';
import { pointersOf } from './pointers.ts';

/** The request that refreshes, as the key `refresh` of the target file. */
export interface Refresh {
  path: string;
  json?: Record<string, string>;
  form?: Record<string, string>;
  access: { json: string };
  /** Where the response has the new refresh token. Absent if a refresh does not replace this token. */
  token?: { json: string };
  lifetime?: { json: string };
  /** Where the response to the login has the tokens. */
  atLogin: { access: string; refresh: string };
}

/** Minimum length of an access token, characters. */
const LEAST = 16;
/** An access token counts as old when less than this share of its lifetime is left. */
const LEFT = 0.5;
/**
 * Maximum number of attempts of one refresh. A refused refresh is sent again, because another instance may
 * know the token.
 */
const TRIES = 3;

/** Returns where a response has an access token. */
export function accessIn({ json }: { json: unknown }): { pointer: string; value: string } | undefined {
  const tokens = pointersOf(json).filter(
    ({ pointer, value }) =>
      /(token|jwt|access)$/i.test(pointer) && !/refresh/i.test(pointer) && value.length >= LEAST,
  );
  return tokens.find(({ pointer }) => /access/i.test(pointer)) ?? tokens[0];
}

type Sending<R extends Reply> = (request: Send) => Promise<R>;

/**
 * The tokens of one session. A visitor and its copies (`twin`) share the tokens, because a refresh may invalidate the
 * replaced ones.
 */
export class Tokens {
  readonly #spec: Refresh;
  /** The access token and the refresh token. */
  readonly captured: Map<string, string>;
  /** The lifetime of the access token, and when it ends, milliseconds; undefined if they are not known. */
  access: { lifetime: number; ends: number } | undefined;
  /** True after a logout. The session then sends no more refreshes. */
  over = false;

  /** @param captured the tokens of the session so far */
  constructor(spec: Refresh, captured: ReadonlyMap<string, string> = new Map()) {
    this.#spec = spec;
    this.captured = new Map(captured);
  }

  /** Returns a copy of the present tokens. Later refreshes of this session do not change the copy. */
  copy(): Tokens {
    return new Tokens(this.#spec, this.captured);
  }

  get refresh(): string | undefined {
    return this.captured.get(REFRESH);
  }

  /** True if the access token may soon expire. */
  get isOld(): boolean {
    return this.access !== undefined && Date.now() > this.access.ends - this.access.lifetime * LEFT;
  }

  /** Keeps the tokens of the response to a login. Returns false if the response has no access token. */
  begin(reply: Reply): boolean {
    const { atLogin, lifetime } = this.#spec;
    const places = { access: { json: atLogin.access }, token: { json: atLogin.refresh }, lifetime };
    return keepTokens(places, reply, this, Date.now()) !== undefined;
  }

  /** Refreshes, and keeps the new tokens. Returns whether the app has accepted the refresh token. */
  async renew(send: Sending<Reply>): Promise<boolean> {
    if (this.over) return false;
    const called = Date.now();
    const reply = await this.renewed(send);
    return reply !== undefined && this.keep(reply, called);
  }

  /** Keeps the tokens of the response to a refresh. Returns false if the response has no access token. */
  keep(reply: Reply, called = Date.now()): boolean {
    return keepTokens(this.#spec, reply, this, called) !== undefined;
  }

  /** Sends the refresh token. Returns the response; undefined if the token is refused, or the path does not exist. */
  async renewed<R extends Reply>(send: Sending<R>): Promise<R | undefined> {
    const { path, json, form } = this.#spec;
    const values = { refresh: this.refresh ?? '' };
    const body = form === undefined ? { json: filledJson(json, values) } : { form: filled(form, values) };
    for (let i = 0; i < TRIES; i++) {
      const reply = await send({ method: 'POST', path, ...body });
      const { status = 500 } = reply;
      if (status < 300) return reply;
      if (status === 404 || status === 405) return undefined;
    }
    return undefined;
  }
}
