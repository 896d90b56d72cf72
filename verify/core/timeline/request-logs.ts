/**
 * Joins each request with its entries in the logs of the balancer and the instances. They may come in any
 * order, and memory is bounded.
 */
import type { FaultLedger } from '../faults/ledger.ts';
import { getOrInsert } from '../get-or-insert.ts';
import { isSafe } from '../history/actions.ts';
import type { Operation, Run, Served } from '../history/history.ts';

/** What is known about an operation, to compare it with the logs. */
interface Sent {
  instance: string | undefined;
  /** True if the request changes no data. A balancer may then send it to several instances. */
  safe: boolean;
  /** True if the client sent the request directly to an instance. The balancer's log then has no entry for it. */
  direct: boolean;
  /** True if the client sent the request twice. */
  resent: boolean;
  /** Undefined if the request is old and only the fields above are kept. */
  operation?: Operation;
  /**
   * True if every log should have an entry for the request, so that an absent one is missing. Undefined until decided.
   */
  misses?: boolean;
}

/** What the response and the logs have shown about one request so far. */
export interface LoggedRequest {
  id: string;
  /** Undefined until an operation with this id has ended. */
  sent?: Sent;
  balancer?: Pick<Served, 'instance' | 'tried'>;
  instances: Pick<Served, 'source' | 'instance'>[];
}

/** The methods of a check that uses the logs. */
export interface LogReader {
  /**
   * Called for each operation with an entry in the balancer's log, as soon as both the operation and the
   * entry are there.
   */
  routed?(operation: Operation, entry: Served): void;
  /**
   * Called once for each request: with `complete` as soon as every log has its entry, otherwise at the end of the run.
   */
  logged?(request: LoggedRequest, complete: boolean): void;
}

/**
 * Maximum number of requests that are kept with all their data. Of older requests only one number, an outline, is kept.
 */
const WHOLE = 20_000;
/** When a process is killed, the log lines of this time before the kill may be lost, microseconds. */
const LAST_LINES = 1_000_000;

/**
 * An outline holds these bits, and above them the number of the instance. `BALANCER` and `INSTANCE`: that log
 * has an entry.
 */
const SAFE = 1;
const DIRECT = 2;
const RESENT = 4;
const BALANCER = 8;
const INSTANCE = 16;
const MISSES = 32;
const NUMBER = 64;

/** Returns the number of instances that the balancer tried, according to its log. */
export const triedOf = ({ balancer }: LoggedRequest): number => balancer?.tried?.length ?? 1;

export class RequestLogs {
  readonly #prefix: string;
  readonly #hasBalancer: boolean;
  readonly #hasInstances: boolean;
  readonly #faults: FaultLedger;
  readonly #readers: readonly LogReader[];
  readonly #whole = new Map<string, LoggedRequest>();
  /**
   * Goes over `#whole`, the oldest request first. It is kept, because a new iterator would pass all deleted
   * entries again.
   */
  #oldest = this.#whole.entries();
  /** The outlines of old requests, by the number at the end of the request's id (by the id if it has no number). */
  readonly #outlines = new Map<string | number, number>();
  /** By instance: its number in the outlines. `#names` has the name for each number. */
  readonly #instances = new Map<string, number>();
  readonly #names: string[] = [''];

  /** @param faults shows whether a fault may have lost an entry */
  constructor({ run, logs }: Run, faults: FaultLedger, readers: readonly LogReader[]) {
    this.#prefix = `${run}-`;
    this.#hasBalancer = logs.includes('balancer');
    this.#hasInstances = logs.some(log => log !== 'balancer');
    this.#faults = faults;
    this.#readers = readers;
  }

  /** Number of requests that are kept with all their data, and number of outlines. Tests use it. */
  get kept(): { whole: number; outlined: number } {
    return { whole: this.#whole.size, outlined: this.#outlines.size };
  }

  /** Adds an operation that has ended. */
  ended(operation: Operation): void {
    // A request to another host, such as an identity provider, is not in the target's logs.
    if (operation.path?.startsWith('http') === true) return;
    const request = this.#of(operation.request);
    const { instance, action, direct = false, resent = false } = operation;
    request.sent = { instance, safe: isSafe(action), direct, resent, operation };
    if (request.balancer !== undefined) this.#routed(operation, request.balancer as Served);
    this.#settle(request);
  }

  /** Adds an entry of a log. Entries of requests that the run did not send are ignored. */
  served(entry: Served): void {
    if (!entry.request.startsWith(this.#prefix)) return;
    const request = this.#of(entry.request);
    if (entry.kind === 'instance') request.instances.push(entry);
    else {
      request.balancer = entry;
      if (request.sent?.operation !== undefined) this.#routed(request.sent.operation, entry);
    }
    this.#settle(request);
  }

  #routed(operation: Operation, entry: Served): void {
    for (const reader of this.#readers) reader.routed?.(operation, entry);
  }

  #logged(request: LoggedRequest, complete: boolean): void {
    for (const reader of this.#readers) reader.logged?.(request, complete);
  }

  #of(id: string): LoggedRequest {
    let request = this.#whole.get(id);
    if (request === undefined) {
      request = this.#recalled(id) ?? { id, instances: [] };
      this.#whole.set(id, request);
      if (this.#whole.size > WHOLE) this.#shorten();
    }
    return request;
  }

  #settle(request: LoggedRequest): void {
    if (!this.#isComplete(request)) return;
    // If the balancer tried several instances, waits for an entry from each. An instance that was down never logs one.
    if (this.#hasInstances && request.instances.length < triedOf(request)) return;
    this.#whole.delete(request.id);
    this.#logged(request, true);
  }

  /** Returns whether the operation has ended and each kind of log has an entry for it. */
  #isComplete({ sent, balancer, instances }: LoggedRequest): boolean {
    if (sent === undefined || (this.#hasInstances && instances.length === 0)) return false;
    return !this.#hasBalancer || sent.direct || balancer !== undefined;
  }

  /** Calls the checks for the requests without all entries. Called at the end of the history. */
  finish(): void {
    for (const request of this.#whole.values()) {
      if (request.sent !== undefined) request.sent.misses = this.#misses(request.sent);
      this.#logged(request, this.#isComplete(request));
    }
    // If a log has no entries at all, all requests come here. So requests with equal outlines share one object.
    const alike = new Map<number, LoggedRequest>();
    for (const outline of this.#outlines.values())
      this.#logged(
        getOrInsert(alike, outline, () => this.#requestOf('', outline)),
        false,
      );
  }

  /**
   * Returns whether every log should have an entry for the request. Not if the request may have reached no
   * instance, or if a fault may have lost the entry.
   */
  #misses({ operation, misses = false }: Sent): boolean {
    if (operation === undefined) return misses;
    const { status, instance, call, return: end = call } = operation;
    if (status === undefined || (status >= 500 && instance === undefined)) return false;
    return !this.#faults.overlaps({ call, return: end + LAST_LINES });
  }

  /** Replaces the oldest request in `#whole` by its outline, if the outline can hold all that is known about it. */
  #shorten(): void {
    let { value: oldest } = this.#oldest.next();
    if (oldest === undefined) {
      this.#oldest = this.#whole.entries();
      oldest = this.#oldest.next().value;
    }
    if (oldest === undefined) return;
    const [id, request] = oldest;
    this.#whole.delete(id);
    const outline = this.#outline(request);
    if (outline === undefined) this.#whole.set(id, request);
    else this.#outlines.set(this.#key(id), outline);
  }

  #key(id: string): string | number {
    const number = Number(id.slice(this.#prefix.length));
    return Number.isSafeInteger(number) ? number : id;
  }

  /**
   * Returns the outline of a request. Undefined if it cannot hold the request: several instances are named,
   * or the operation has not ended.
   */
  #outline(request: LoggedRequest): number | undefined {
    const { sent, balancer, instances } = request;
    if (sent === undefined || instances.length > 1 || triedOf(request) > 1) return undefined;
    const [log] = instances;
    const named = [sent.instance, balancer?.instance, log?.instance].filter(name => name !== undefined);
    const [instance = ''] = named;
    if (named.some(name => name !== instance)) return undefined;
    return (
      this.#numberOf(instance) * NUMBER +
      (sent.safe ? SAFE : 0) +
      (sent.direct ? DIRECT : 0) +
      (sent.resent ? RESENT : 0) +
      (balancer === undefined ? 0 : BALANCER) +
      (log === undefined ? 0 : INSTANCE) +
      (this.#misses(sent) ? MISSES : 0)
    );
  }

  #recalled(id: string): LoggedRequest | undefined {
    const key = this.#key(id);
    const outline = this.#outlines.get(key);
    if (outline === undefined) return undefined;
    this.#outlines.delete(key);
    return this.#requestOf(id, outline);
  }

  #requestOf(id: string, outline: number): LoggedRequest {
    const instance = this.#names[Math.floor(outline / NUMBER)] || undefined;
    const has = (bit: number): boolean => (outline & bit) !== 0;
    const named = instance === undefined ? {} : { instance };
    return {
      id,
      sent: { instance, safe: has(SAFE), direct: has(DIRECT), resent: has(RESENT), misses: has(MISSES) },
      ...(has(BALANCER) ? { balancer: named } : {}),
      instances: has(INSTANCE) ? [{ source: instance ?? 'an instance', ...named }] : [],
    };
  }

  #numberOf(instance: string): number {
    return instance === '' ? 0 : getOrInsert(this.#instances, instance, () => this.#names.push(instance) - 1);
  }
}
