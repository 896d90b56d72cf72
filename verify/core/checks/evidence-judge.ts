/** Judges each operation for evidence. evidence.ts declares the check. */
import { isSafe } from '../history/actions.ts';
import type { Event, Operation } from '../history/history.ts';
import { Judging } from './framework.ts';
import { disputed, type Request, Testimonies, type Testimony } from './testimonies.ts';

/** A killed process may lose the log lines of its last second; microseconds. */
const LAST_LINES = 1_000_000;

/** Returns the number of instances that the balancer tried, by its log. */
const triedOf = ({ balancer }: Testimony): number => balancer?.tried?.length ?? 1;

export interface Sources {
  requests: number;
  sources: number;
  /** Number of requests with a response that have no entry in a log. */
  missing: number;
}

export class Evidence extends Judging<Sources> {
  readonly #hasBalancer = this.run.logs.includes('balancer');
  readonly #hasInstances = this.run.logs.some(log => log !== 'balancer');
  readonly #prefix = `${this.run.run}-`;
  readonly #pending = this.#noTestimonies();
  /** Requests that the client sent twice. The logs may or may not have an entry for the first attempt. */
  readonly #resent = new Set<string>();
  /** True after the last line of a complete history. */
  #complete = false;

  #noTestimonies(): Testimonies {
    return new Testimonies(this.#prefix, operation => this.#misses(operation));
  }

  override ended(operation: Operation): void {
    if (!this.#hasBalancer && !this.#hasInstances) return;
    const testimony = this.#pending.of(operation.request);
    const { instance, action, direct = false, resent = false } = operation;
    testimony.request = { instance, safe: isSafe(action), direct, resent, operation };
    if (resent) this.#resent.add(operation.request);
    this.#settle(operation.request, testimony);
  }

  override event(event: Event): void {
    if (event.type === 'finish') this.#complete = true;
    if (event.type !== 'served' || !event.request.startsWith(this.#prefix)) return;
    const testimony = this.#pending.of(event.request);
    if (event.kind === 'balancer') testimony.balancer = event;
    else testimony.instances.push(event);
    this.#settle(event.request, testimony);
  }

  #settle(request: string, testimony: Testimony): void {
    if (testimony.request === undefined || !this.#isInAllLogs(testimony)) return;
    // If the balancer tried several instances, wait for an entry from each. Some may never log the request.
    if (this.#hasInstances && testimony.instances.length < triedOf(testimony)) return;
    this.#pending.delete(request);
    this.#judge(request, testimony.request, testimony);
  }

  /** Returns whether each kind of log has an entry for the request. */
  #isInAllLogs({ request, balancer, instances }: Testimony): boolean {
    // The balancer does not log requests that were sent directly to an instance.
    const balancerLogged = !this.#hasBalancer || request?.direct === true || balancer !== undefined;
    return balancerLogged && (!this.#hasInstances || instances.length > 0);
  }

  #judge(name: string, request: Request, testimony: Testimony): void {
    this.count.requests++;
    const { balancer, instances } = testimony;
    const said = [
      ['the response', request.instance],
      ['the balancer log', balancer?.instance],
      ...instances.map(entry => [`the log of ${entry.source}`, entry.instance]),
    ].filter((entry): entry is [string, string] => entry[1] !== undefined);
    const names = new Set(said.map(([, instance]) => instance));
    const sentOn = request.resent || Math.max(instances.length, triedOf(testimony)) > 1;
    const { operation, safe: harmless } = request;
    const what = operation === undefined ? `request ${name}` : `one ${operation.action}`;
    if (instances.length > 1 && !harmless) {
      const where = instances.map(entry => entry.source).join(' and ');
      this.report(() => disputed(operation, `${what} was served twice: by ${where}`));
    } else if (names.size > 1 && !(harmless && sentOn)) {
      const all = said.map(([source, instance]) => `${source} says ${instance}`).join(', ');
      this.report(() => disputed(operation, operation === undefined ? `${what}: ${all}` : all));
    }
  }

  override recount(): void {
    this.count.sources = 1 + Number(this.#hasBalancer) + Number(this.#hasInstances);
  }

  override settle(): void {
    if (!this.#hasBalancer && !this.#hasInstances) return;
    for (const [request, testimony] of this.#pending.whole()) this.#leftOver(request, testimony);
    this.count.missing += this.#pending.missing();
  }

  /** At the end of the history, judges a request for which an entry is still missing. */
  #leftOver(name: string, testimony: Testimony): void {
    const { request, instances, balancer } = testimony;
    if (request === undefined) {
      // All sources had named the request before, and now an instance logs it again. So it was served twice, unless
      // the history was cut off: then the operation itself may be missing.
      const again = this.#resent.has(name) ? undefined : instances[0];
      if (again !== undefined && balancer === undefined && this.#complete) {
        this.report(() => disputed(undefined, `request ${name} was served once more by ${again.source}`));
      }
    } else if (this.#isInAllLogs(testimony)) this.#judge(name, request, testimony);
    else if (this.#pending.counts(request)) this.count.missing++;
  }

  /** Returns whether a request counts as missing if a log has no entry for it. */
  #misses({ status, instance, ...operation }: Operation): boolean {
    if (status === undefined || (status >= 500 && instance === undefined)) return false;
    return !this.faults.overlaps({
      ...operation,
      return: (operation.return ?? operation.call) + LAST_LINES,
    });
  }
}
