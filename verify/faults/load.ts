/** What the load shows while something is disturbed. */
import type { Operation } from '../core/history.ts';

/** So many answers in a row for each instance on the average: one that gave none of them does not answer. */
const ENOUGH = 20;

export class Load {
  readonly #answered = new Map<string, number>();
  /** After how many answers an instance gave its last one. */
  readonly #last = new Map<string, number>();
  #through = 0;
  #failed = 0;
  #silent = false;
  /** What there was before `begin`. */
  #before: { instances: string[]; failed: number } = { instances: [], failed: 0 };
  /** The instance that answered last, by session. */
  readonly #at = new Map<string, string>();
  #moved = 0;
  /** Acknowledged adds by session, less what was taken out. */
  readonly #kept = new Map<string, number>();

  /** Takes in an operation that has ended: one that says who is signed in shows that all parts work together. */
  saw(operation: Operation): void {
    const { session, instance, signedIn, direct, status, note, with: as } = operation;
    this.#keeps(operation);
    if (direct === true) return;
    if (as === undefined && note !== 'aborted' && (status === undefined || status >= 500)) this.#failed++;
    if (instance !== undefined) this.#goes(session, instance);
    if (signedIn !== 'in') return;
    this.#through++;
    if (instance === undefined) return;
    this.#answered.set(instance, (this.#answered.get(instance) ?? 0) + 1);
    this.#last.set(instance, this.#through);
    const { instances } = this.#before;
    const since = (name: string): number => this.#through - (this.#last.get(name) ?? 0);
    this.#silent ||= instances.some(name => since(name) >= ENOUGH * instances.length);
  }

  /** Begins to count anew. */
  begin(): void {
    this.#before = { instances: this.instances(), failed: this.#failed };
    this.#answered.clear();
    this.#last.clear();
    this.#through = 0;
    this.#failed = 0;
    this.#silent = false;
    this.#moved = 0;
  }

  /** @returns how many requests the instance has answered, signed in, since `begin` */
  answered(instance: string): number {
    return this.#answered.get(instance) ?? 0;
  }

  /** @returns the names of the instances that have answered since `begin` */
  instances(): string[] {
    return [...this.#answered.keys()];
  }

  /** @returns how many requests got an answer that says who is signed in since `begin` */
  through(): number {
    return this.#through;
  }

  /** @returns whether something has changed since `begin`: requests fail, and none did; an instance came or went */
  felt(): boolean {
    const { instances, failed } = this.#before;
    if (this.#failed > 0 && failed === 0) return true;
    return this.#silent || (instances.length > 0 && this.instances().some(name => !instances.includes(name)));
  }

  /** @returns how many acknowledged adds of live sessions were not taken out again, since the run began */
  kept(): number {
    return [...this.#kept.values()].reduce((sum, count) => sum + count, 0);
  }

  #keeps({ session, action, outcome }: Operation): void {
    if (action === 'logout' || action === 'clear') this.#kept.delete(session);
    if (outcome !== 'ok' || (action !== 'add' && action !== 'remove')) return;
    const kept = (this.#kept.get(session) ?? 0) + (action === 'add' ? 1 : -1);
    this.#kept.set(session, Math.max(0, kept));
  }

  /** @returns how often a session was answered by another instance than before, since `begin` */
  moved(): number {
    return this.#moved;
  }

  #goes(session: string, instance: string): void {
    if ((this.#at.get(session) ?? instance) !== instance) this.#moved++;
    this.#at.set(session, instance);
  }
}
