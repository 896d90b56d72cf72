/** Counts responses and failures of the load, to detect the effect of a fault. */
import type { Operation } from '../core/history/history.ts';

/** An instance is silent if it served none of the last N responses. N is this number times the number of instances. */
const ENOUGH = 20;

export class ObservedLoad {
  readonly #answered = new Map<string, number>();
  /** Key: instance; value: sequence number of its last signed-in response. */
  readonly #last = new Map<string, number>();
  #signedIn = 0;
  #failed = 0;
  #silent = false;
  #before: { instances: string[]; failed: number } = { instances: [], failed: 0 };
  readonly #at = new Map<string, string>();
  #moved = 0;
  /** Key: session; value: number of acknowledged adds minus acknowledged removals. */
  readonly #kept = new Map<string, number>();

  /**
   * Counts an ended operation. Only signed-in responses count as served, because they show that balancer, instance and
   * store work.
   */
  saw(operation: Operation): void {
    const { session, instance, signedIn, direct, status, note, with: as } = operation;
    this.#countKept(operation);
    if (direct === true) return;
    if (as === undefined && note !== 'aborted' && (status === undefined || status >= 500)) this.#failed++;
    if (instance !== undefined) this.#countMove(session, instance);
    if (signedIn !== 'in') return;
    this.#signedIn++;
    if (instance === undefined) return;
    this.#answered.set(instance, (this.#answered.get(instance) ?? 0) + 1);
    this.#last.set(instance, this.#signedIn);
    const { instances } = this.#before;
    const since = (name: string): number => this.#signedIn - (this.#last.get(name) ?? 0);
    this.#silent ||= instances.some(name => since(name) >= ENOUGH * instances.length);
  }

  /** Resets all counts, except acknowledged adds. Called at the start of each fault, and after the fault is healed. */
  begin(): void {
    this.#before = { instances: this.instances(), failed: this.#failed };
    this.#answered.clear();
    this.#last.clear();
    this.#signedIn = 0;
    this.#failed = 0;
    this.#silent = false;
    this.#moved = 0;
  }

  /** Returns the number of signed-in requests that an instance has served since the last call of `begin`. */
  answered(instance: string): number {
    return this.#answered.get(instance) ?? 0;
  }

  /** Returns the instances that have served signed-in requests since the last `begin`. */
  instances(): string[] {
    return [...this.#answered.keys()];
  }

  signedInResponses(): number {
    return this.#signedIn;
  }

  /**
   * Compares the load since the last call of `begin` with the time before. Returns true if requests fail and none
   * failed before, an instance serves no more requests, or a new instance serves some.
   */
  showsFault(): boolean {
    const { instances, failed } = this.#before;
    if (this.#failed > 0 && failed === 0) return true;
    return this.#silent || (instances.length > 0 && this.instances().some(name => !instances.includes(name)));
  }

  /** Returns the number of acknowledged adds minus removals, in all live sessions of the run. */
  kept(): number {
    return [...this.#kept.values()].reduce((sum, count) => sum + count, 0);
  }

  #countKept({ session, action, outcome }: Operation): void {
    if (action === 'logout' || action === 'clear') this.#kept.delete(session);
    if (outcome !== 'ok' || (action !== 'add' && action !== 'remove')) return;
    const kept = (this.#kept.get(session) ?? 0) + (action === 'add' ? 1 : -1);
    this.#kept.set(session, Math.max(0, kept));
  }

  /** Returns how often a session has moved to another instance since the last `begin`. */
  moved(): number {
    return this.#moved;
  }

  #countMove(session: string, instance: string): void {
    if ((this.#at.get(session) ?? instance) !== instance) this.#moved++;
    this.#at.set(session, instance);
  }
}
