/** Registers each account before its first login, by `register` in the target file. */
import type { Account } from '../target/accounts.ts';
import type { RegisterSpec } from '../target/schema.ts';
import { type Aids, fill, takeStep } from './fill.ts';
import type { SessionClient } from './session-client.ts';

export class Registration {
  readonly #spec: RegisterSpec;
  readonly #csrf: Parameters<typeof fill>[0];
  readonly #connect: () => SessionClient;
  readonly #token: (reply: Awaited<ReturnType<SessionClient['send']>>) => string | undefined;
  readonly #aids: Aids;
  readonly #asked = new Map<Account, Promise<void>>();
  /** A sentence about the last response to a registration, for an error message. */
  answer = '';

  /**
   * @param csrf where to find the form token
   * @param aids mailbox and authenticator of the users
   * @param connect returns a new client, because a registration may sign its client in
   * @param token returns the form token of a page
   */
  constructor(
    spec: RegisterSpec,
    csrf: Parameters<typeof fill>[0],
    aids: Aids,
    connect: () => SessionClient,
    token: (reply: Awaited<ReturnType<SessionClient['send']>>) => string | undefined,
  ) {
    this.#spec = spec;
    this.#csrf = csrf;
    this.#aids = aids;
    this.#connect = connect;
    this.#token = token;
  }

  /** Registers an account once. Ignores a refusal: the account may exist already; if not, its login fails. */
  of(account: Account, signal: AbortSignal): Promise<void> {
    const asked = this.#asked.get(account) ?? this.#register(account, signal);
    this.#asked.set(account, asked);
    return asked;
  }

  /** Retries if the app refused the passkey, because no client can log in without it. */
  async #register(account: Account, signal: AbortSignal): Promise<void> {
    const tries = this.#spec.steps.some(({ passkey }) => passkey !== undefined) ? TRIES : 1;
    for (let i = 0; i < tries && !signal.aborted; i++) {
      const status = await this.#once(account, signal, i % 2 === 1);
      if (status !== undefined && status < 400) return;
    }
  }

  /**
   * Sends all requests of a registration. Returns the status of the last response.
   *
   * @param aside if true, sends an extra request before the last one, so that a strict round robin routes the last one
   * to another instance
   */
  async #once(account: Account, signal: AbortSignal, aside: boolean): Promise<number | undefined> {
    const client = this.#connect();
    const { page, steps } = this.#spec;
    const requests = page === undefined ? steps : [{ ...PAGE, path: page }, ...steps];
    const last = { ...this.#spec, capture: {} };
    let status: number | undefined;
    for (const one of [...requests, last]) {
      if (aside && one === last) await this.#connect().send({ method: 'GET', path: '/' }, signal);
      const send = () => client.send(fill(this.#csrf, one, client, account), signal);
      const reply = await takeStep(one, client, account, this.#aids, send);
      if (reply === undefined) return undefined;
      client.csrf = this.#token(reply) ?? client.csrf;
      status = reply.status;
      const result = status === undefined ? `failed (${reply.failure})` : `got status ${status}`;
      this.answer = `${one.method} ${one.path} ${result}`;
    }
    return status;
  }
}

const TRIES = 12;

const PAGE = { method: 'GET' as const, form: {}, headers: {}, capture: {} };
