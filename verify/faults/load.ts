/** Counts responses and failures of the load, so that a fault can see whether it has taken effect. */
import type { Operation } from '../core/history/history.ts';

/**
 * An instance counts as silent if it served none of the last N responses, where N is this number times the number of
 * instances. With two instances, an instance is silent if the other one served the last 40 responses.
 */
const ENOUGH = 20;

export class ObservedLoad {
  readonly #answered = new Map<string, number>();
  /**
   * Sequence number of the last response of each instance, among all signed-in responses of the load. The difference
   * from the current number shows how long the instance has been silent. Key: name of the instance.
   */
  readonly #last = new Map<string, number>();
  #signedIn = 0;
  #failed = 0;
  #silent = false;
  /**
   * Instances that served, and number of failed requests, before the last call of `begin`. Current numbers are compared
   * with them.
   */
  #before: { instances: string[]; failed: number } = { instances: [], failed: 0 };
  /** The instance that served the last request of each session. Key: session. */
  readonly #at = new Map<string, string>();
  #moved = 0;
  /** Number of acknowledged adds minus acknowledged removals. Key: session. */
  readonly #kept = new Map<string, number>();

  /**
   * Counts an ended operation. Only signed-in responses count as served, because they need balancer, instance and
   * store.
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

  /**
   * Resets all counts, except those of acknowledged adds. Called at the start of each fault, and after it is healed.
   */
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

  /** Returns the names of the instances that have served signed-in requests since the last call of `begin`. */
  instances(): string[] {
    return [...this.#answered.keys()];
  }

  /** Returns the number of responses that show the signed-in user, since the last call of `begin`. */
  signedInResponses(): number {
    return this.#signedIn;
  }

  /**
   * Returns whether the load shows a fault since the last call of `begin`. It does if requests fail and none failed
   * before, if a new instance serves, or if an instance that served before serves no more.
   */
  showsFault(): boolean {
    const { instances, failed } = this.#before;
    if (this.#failed > 0 && failed === 0) return true;
    return this.#silent || (instances.length > 0 && this.instances().some(name => !instances.includes(name)));
  }

  /** Returns the number of acknowledged adds, minus removals, of all live sessions since the run began. */
  kept(): number {
    return [...this.#kept.values()].reduce((sum, count) => sum + count, 0);
  }

  #countKept({ session, action, outcome }: Operation): void {
    if (action === 'logout' || action === 'clear') this.#kept.delete(session);
    if (outcome !== 'ok' || (action !== 'add' && action !== 'remove')) return;
    const kept = (this.#kept.get(session) ?? 0) + (action === 'add' ? 1 : -1);
    this.#kept.set(session, Math.max(0, kept));
  }

  /** Returns how often a session has moved to another instance since the last call of `begin`. */
  moved(): number {
    return this.#moved;
  }

  #countMove(session: string, instance: string): void {
    if ((this.#at.get(session) ?? instance) !== instance) this.#moved++;
    this.#at.set(session, instance);
  }
}
