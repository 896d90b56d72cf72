/** Keeps the tokens of all open sessions in which a token was issued or a refresh was sent. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation, RefreshRules } from '../history/history.ts';
import { TokenFamily } from './token-family.ts';

export class TokenFamilies {
  readonly #rules: RefreshRules;
  readonly #families = new Map<string, TokenFamily>();

  constructor(rules: RefreshRules) {
    this.#rules = rules;
  }

  has(session: string): boolean {
    return this.#families.has(session);
  }

  of(session: string): TokenFamily {
    return getOrInsert(this.#families, session, () => new TokenFamily(this.#rules));
  }

  ofUser(user: string): TokenFamily[] {
    return [...this.#families.values()].filter(({ session }) => session?.user === user);
  }

  /** The tokens of another login of the session are not related to its old ones. */
  loggedInAgain({ session, with: cookies }: Operation): void {
    if (cookies !== undefined) return;
    const { flying } = this.of(session);
    this.#families.set(session, Object.assign(new TokenFamily(this.#rules), { flying }));
  }

  delete(session: string): void {
    this.#families.delete(session);
  }
}
