/** Reads the mails that an app sends during a login, for example with a code. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../errors.ts';
import type { Account } from '../target/accounts.ts';
import type { MailSpec } from '../target/schema-mail.ts';
import { printed } from './ready-made.ts';
import { RequestTurns } from './request-turns.ts';
import { Spacing } from './seats.ts';

const ARRIVES = 30_000;
/**
 * First and longest interval between two reads of the mailbox, milliseconds. Each interval is twice the previous one.
 */
const LOOK = { first: 25, most: 400 };
const TIMEOUT = 10_000;
/** Maximum number of concurrent requests to the mailbox. A busy mailbox accepts connections slowly. */
const READS = 4;

export class MailReader {
  readonly #spec: MailSpec;
  readonly #folder: string;
  readonly #signal: AbortSignal;
  readonly #timeout: number;
  /** Allows one login of an account at a time, because a newer mail may invalidate the code in an older mail. */
  readonly turns = new Spacing(0);
  readonly #reads = new RequestTurns(undefined, READS);
  /**
   * True after the first mail of the run. If a later mail is missing, the app or its mailbox is the cause, not the
   * target file.
   */
  #works = false;

  /**
   * @param folder working folder of a mailbox command
   * @param timeout maximum time of a request, milliseconds
   */
  constructor(spec: MailSpec, folder: string, signal: AbortSignal, timeout = TIMEOUT) {
    this.#spec = spec;
    this.#folder = folder;
    this.#signal = signal;
    this.#timeout = timeout;
  }

  /**
   * Call this before the request that makes the app send a mail. The returned function waits for a newer mail for which
   * `suits` returns true, and returns its text; undefined after 30 s.
   *
   * @throws UsageError if the run's first mail does not arrive, or the mailbox cannot be read before the first mail
   */
  async watch({
    user,
  }: Pick<Account, 'user'>): Promise<(suits: (text: string) => boolean) => Promise<string | undefined>> {
    const before = await this.#known(user);
    if (before === undefined) return async () => undefined;
    return async suits => {
      let other = false;
      let wait = LOOK.first;
      const until = performance.now() + ARRIVES;
      while (performance.now() < until && !this.#signal.aborted) {
        const newest: string = (await this.#known(user)) ?? before;
        if (newest !== before && suits(newest)) {
          this.#works = true;
          return newest;
        }
        other ||= newest !== before && newest.trim() !== '';
        await sleep(wait, undefined, { signal: this.#signal }).catch(() => {});
        wait = Math.min(wait * 2, LOOK.most);
      }
      if (this.#works || this.#signal.aborted) return undefined;
      if (other)
        throw new UsageError(
          `mail: expected each expression of \`mail\` in the step to match the new mail to ${user}, got a mail that does not ` +
            'match. Correct the expressions in the target file',
        );
      throw new UsageError(
        `mail: expected a new mail to ${user} within ${ARRIVES / 1000} s of the request, got none. See whether the app ` +
          `sent it, and whether \`mail.${this.#spec.url === undefined ? 'command' : 'url'}\` shows the newest mail of the user`,
      );
    };
  }

  async #known(user: string): Promise<string | undefined> {
    const end = await this.#reads.take(this.#signal);
    try {
      return await this.#newest(user);
    } catch (error) {
      if (this.#works) return undefined;
      throw error;
    } finally {
      end();
    }
  }

  async #newest(user: string): Promise<string> {
    const { url, command } = this.#spec;
    if (url === undefined) return printed('mail.command', command ?? '', user, this.#folder, this.#signal);
    const address = url.replaceAll('{user}', encodeURIComponent(user));
    const limit = AbortSignal.timeout(this.#timeout);
    const wrong = (came: string): UsageError =>
      new UsageError(
        `mail.url: expected the newest mail of ${user} from ${new URL(url).origin}, got ${came}. Start the mailbox, ` +
          'or correct the address',
      );
    try {
      const response = await fetch(address, { signal: AbortSignal.any([this.#signal, limit]) });
      const text = await response.text();
      if (response.status === 404) return '';
      if (response.ok) return text;
      throw wrong(`status ${response.status}`);
    } catch (error) {
      if (this.#signal.aborted) return '';
      if (error instanceof UsageError) throw error;
      throw wrong(limit.aborted ? `no response within ${this.#timeout / 1000} s` : 'no complete response');
    }
  }
}
