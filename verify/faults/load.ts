/** Counts what the load shows while a fault is active. */
import type { Operation } from '../core/history.ts';

/** Responses in a row, for each instance on average: an instance that sent none of them does not respond. */
const ENOUGH = 20;

export class Load {
  readonly #answered = new Map<string, number>();
  /** For each instance, the number of all responses when it sent its last one. */
  readonly #last = new Map<string, number>();
  #through = 0;
  #failed = 0;
  #silent = false;
  /** The state before `begin`. */
  #before: { instances: string[]; failed: number } = { instances: [], failed: 0 };
  /** The instance that served last, by session. */
  readonly #at = new Map<string, string>();
  #moved = 0;
  /** Acknowledged adds by session, minus removals. */
  readonly #kept = new Map<string, number>();

  /**
   * Counts an operation that has ended. One that shows which user is signed in proves that all parts work together.
   */
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

  /** Starts to count from zero. */
  begin(): void {
    this.#before = { instances: this.instances(), failed: this.#failed };
    this.#answered.clear();
    this.#last.clear();
    this.#through = 0;
    this.#failed = 0;
    this.#silent = false;
    this.#moved = 0;
  }

  /** Returns how many signed-in requests an instance has served since `begin`. */
  answered(instance: string): number {
    return this.#answered.get(instance) ?? 0;
  }

  /** Returns the names of the instances that have served requests since `begin`. */
  instances(): string[] {
    return [...this.#answered.keys()];
  }

  /** Returns how many responses since `begin` show which user is signed in. */
  through(): number {
    return this.#through;
  }

  /** Returns whether something changed at `begin`: requests fail and none did before, or an instance came or went. */
  felt(): boolean {
    const { instances, failed } = this.#before;
    if (this.#failed > 0 && failed === 0) return true;
    return this.#silent || (instances.length > 0 && this.instances().some(name => !instances.includes(name)));
  }

  /** Returns how many acknowledged adds of live sessions were not removed again, since the run began. */
  kept(): number {
    return [...this.#kept.values()].reduce((sum, count) => sum + count, 0);
  }

  #keeps({ session, action, outcome }: Operation): void {
    if (action === 'logout' || action === 'clear') this.#kept.delete(session);
    if (outcome !== 'ok' || (action !== 'add' && action !== 'remove')) return;
    const kept = (this.#kept.get(session) ?? 0) + (action === 'add' ? 1 : -1);
    this.#kept.set(session, Math.max(0, kept));
  }

  /** Returns how often a session moved to another instance since `begin`. */
  moved(): number {
    return this.#moved;
  }

  #goes(session: string, instance: string): void {
    if ((this.#at.get(session) ?? instance) !== instance) this.#moved++;
    this.#at.set(session, instance);
  }
}
