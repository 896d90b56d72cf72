import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { sum } from '../result/statistics.ts';
import type { SessionState } from '../timeline/sessions.ts';
import type { Violation } from './framework.ts';
import { IssuedValues } from './issued-values.ts';

/** Finds out which cookies are session ids. A cookie with one value for all users (`logged_in=1`) is no session id. */
export class IssuedIds {
  readonly #names = new Map<string, IssuedValues>();
  /** Keys: an open session, and the name of a cookie; value: the label of the cookie's current value. */
  readonly #held = new Map<SessionState, Map<string, string>>();

  add(operation: Operation, session: SessionState): void {
    // A deleted cookie has no label.
    for (const { name, label } of operation.cookies ?? []) {
      if (label === undefined) continue;
      const held = getOrInsert(this.#held, session, () => new Map<string, string>());
      const before = held.get(name);
      if (before === label) continue;
      held.set(name, label);
      const of = getOrInsert(this.#names, name, () => new IssuedValues(name));
      if (before !== undefined) of.forget(before, session);
      of.issue(label, operation);
    }
  }

  honoured(operation: Operation, session: SessionState): void {
    for (const [name, label] of this.#held.get(session) ?? [])
      this.#names.get(name)?.honoured(label, operation);
  }

  sessionEnded(session: SessionState): void {
    for (const [name, label] of this.#held.get(session) ?? []) this.#names.get(name)?.forget(label, session);
    this.#held.delete(session);
  }

  isId(name: string): boolean {
    return this.#names.get(name)?.isId ?? true;
  }

  varies(name: string): boolean {
    return (this.#names.get(name)?.values ?? 0) > 1;
  }

  /** Returns the sum of one count over all cookies that are session ids. */
  sum(what: 'values' | 'equal' | 'collided'): number {
    return sum([...this.#names.values()].map(of => (of.isId ? of[what] : 0)));
  }

  collisions(): Violation[] {
    return [...this.#names.values()].flatMap(({ isId, collisions }) => (isId ? collisions : []));
  }

  get kept(): number {
    return this.#held.size + sum([...this.#names.values()].map(of => of.kept));
  }
}
