/** Records which users got which values of one cookie. */
import type { Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';
import { KEPT, type Violation, violation } from './framework.ts';

export class IssuedValues {
  readonly #name: string;
  readonly #first = new Map<string, Operation>();
  /** Values that two users got. Keys: the value's label, then an instance; value: the user who was signed in. */
  readonly #shared = new Map<string, Map<string, string>>();
  /** True if an instance has correctly signed in two users with the same value, so that the cookie is no session id. */
  #apart = false;
  values = 0;
  equal = 0;
  collided = 0;
  readonly collisions: Violation[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  get isId(): boolean {
    return !this.#apart && (this.values > 1 || this.collided === 0);
  }

  get kept(): number {
    return this.#first.size;
  }

  issue(label: string, operation: Operation): void {
    if (this.#apart) return;
    const holder = this.#first.get(label);
    if (holder === undefined) {
      this.#first.set(label, operation);
      this.values++;
      return;
    }
    this.equal++;
    if (holder.user === operation.user) return;
    this.collided++;
    if (!this.#shared.has(label)) this.#shared.set(label, new Map());
    if (this.collisions.length < KEPT) this.collisions.push(sharedId(this.#name, holder, operation));
  }

  forget(label: string, { session }: SessionState): void {
    const issuer = this.#first.get(label);
    if (issuer?.session === session && issuer.action !== 'login') this.#first.delete(label);
  }

  honoured(label: string, { user, instance = '' }: Operation): void {
    const seen = this.#shared.get(label);
    if (seen === undefined) return;
    const other = seen.get(instance);
    if (other === undefined) seen.set(instance, user);
    if (other === undefined || other === user) return;
    this.#apart = true;
    this.#first.clear();
    this.#shared.clear();
  }
}

function sharedId(name: string, first: Operation, second: Operation): Violation {
  const came = `sets the cookie ${name} to a value that ${first.user} was given`;
  return violation(
    `a response to ${second.user} ${came}`,
    [first, `set ${name} for ${first.user}`],
    [second, `set ${name} to the same value`, `a ${name} of its own`],
  );
}
