/** Registers accounts in apps with open registration, each account before its first login. */
import type { Account } from '../target/accounts.ts';
import type { RegisterSpec } from '../target/schema.ts';
import { fill, keep } from './fill.ts';
import type { SessionClient } from './session-client.ts';

export class Registration {
  readonly #spec: RegisterSpec;
  readonly #csrf: Parameters<typeof fill>[0];
  readonly #connect: () => SessionClient;
  readonly #token: (reply: Awaited<ReturnType<SessionClient['send']>>) => string | undefined;
  readonly #asked = new Map<Account, Promise<void>>();
  /** A short description of the last response. */
  answer = '';

  /**
   * @param csrf the setting `csrf`: where to find the form token
   * @param connect returns a client with an empty jar. A registration may sign its client in, so the client is not
   * reused
   * @param token finds the form token in a page
   */
  constructor(
    spec: RegisterSpec,
    csrf: Parameters<typeof fill>[0],
    connect: () => SessionClient,
    token: (reply: Awaited<ReturnType<SessionClient['send']>>) => string | undefined,
  ) {
    this.#spec = spec;
    this.#csrf = csrf;
    this.#connect = connect;
    this.#token = token;
  }

  /**
   * Registers an account once, and ignores the response: if the account already exists, that is fine. The login shows
   * whether the account works.
   */
  of(account: Account, signal: AbortSignal): Promise<void> {
    const asked = this.#asked.get(account) ?? this.#register(account, signal);
    this.#asked.set(account, asked);
    return asked;
  }

  async #register(account: Account, signal: AbortSignal): Promise<void> {
    const client = this.#connect();
    const { page, steps } = this.#spec;
    const requests = page === undefined ? steps : [{ ...PAGE, path: page }, ...steps];
    for (const one of [...requests, { ...this.#spec, capture: {} }]) {
      const reply = await client.send(fill(this.#csrf, one, client, account), signal);
      client.csrf = this.#token(reply) ?? client.csrf;
      keep(one.capture, reply, client);
      this.answer = `${one.method} ${one.path} was answered ${reply.status ?? reply.failure}`;
    }
  }
}

const PAGE = { method: 'GET' as const, form: {}, headers: {}, capture: {} };
