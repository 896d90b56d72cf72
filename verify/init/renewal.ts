/** Stores the tokens of a session, and refreshes an old access token. */
import type { Send } from '../client/send.ts';
import { keepTokens, REFRESH } from '../client/tokens.ts';
import { filled, filledJson } from '../core/response/form.ts';
import type { Reply } from '../core/response/reply.ts';
import { pointersOf } from './pointers.ts';

/** The request that refreshes the tokens, in the format of the target file's key `refresh`. */
export interface Refresh {
  path: string;
  json?: Record<string, string>;
  form?: Record<string, string>;
  access: { json: string };
  /** JSON pointer to the new refresh token. Absent if a refresh does not replace the refresh token. */
  token?: { json: string };
  lifetime?: { json: string };
  /** JSON pointers to both tokens in the response to the login. */
  atLogin: { access: string; refresh: string };
}

const LEAST = 16;
/** An access token is old when less than this share of its lifetime is left. */
const LEFT = 0.5;
/** Maximum number of attempts of one refresh. One instance may refuse a token that a different instance knows. */
const TRIES = 3;

/** Returns the access token in a response, and its JSON pointer. */
export function accessIn({ json }: { json: unknown }): { pointer: string; value: string } | undefined {
  const tokens = pointersOf(json).filter(
    ({ pointer, value }) =>
      /(token|jwt|access)$/i.test(pointer) && !/refresh/i.test(pointer) && value.length >= LEAST,
  );
  return tokens.find(({ pointer }) => /access/i.test(pointer)) ?? tokens[0];
}

type Sending<R extends Reply> = (request: Send) => Promise<R>;

/**
 * The tokens of one session. All copies of a visitor share them, because a refresh may invalidate the replaced tokens.
 */
export class Tokens {
  readonly #spec: Refresh;
  readonly captured: Map<string, string>;
  /** Lifetime of the access token, and time of its expiry, milliseconds; undefined if unknown. */
  access: { lifetime: number; ends: number } | undefined;
  /** True after a logout. The tokens are then no longer refreshed. */
  over = false;

  constructor(spec: Refresh, captured: ReadonlyMap<string, string> = new Map()) {
    this.#spec = spec;
    this.captured = new Map(captured);
  }

  copy(): Tokens {
    return new Tokens(this.#spec, this.captured);
  }

  get refresh(): string | undefined {
    return this.captured.get(REFRESH);
  }

  get isOld(): boolean {
    return this.access !== undefined && Date.now() > this.access.ends - this.access.lifetime * LEFT;
  }

  /** Stores the tokens from the response to a login. Returns false if there is no access token. */
  begin(reply: Reply): boolean {
    const { atLogin, lifetime } = this.#spec;
    const places = { access: { json: atLogin.access }, token: { json: atLogin.refresh }, lifetime };
    return keepTokens(places, reply, this, Date.now()) !== undefined;
  }

  /** Refreshes the access token. Returns whether the app accepted the refresh token. */
  async renew(send: Sending<Reply>): Promise<boolean> {
    if (this.over) return false;
    const called = Date.now();
    const reply = await this.renewed(send);
    return reply !== undefined && this.keep(reply, called);
  }

  /** Stores the tokens from the response to a refresh. Returns false if there is no access token. */
  keep(reply: Reply, called = Date.now()): boolean {
    return keepTokens(this.#spec, reply, this, called) !== undefined;
  }

  /** Sends the refresh token. Returns undefined if the app refuses the token or does not know the path. */
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
