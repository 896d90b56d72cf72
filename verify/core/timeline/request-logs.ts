/** Joins each request with its log entries, which may come before or after the request. Memory is bounded. */
import type { FaultLedger } from '../faults/ledger.ts';
import { getOrInsert } from '../get-or-insert.ts';
import { isSafe } from '../history/actions.ts';
import type { Event, Operation, Run, Served } from '../history/history.ts';

interface Sent {
  instance: string | undefined;
  /** True if the request changes no data, so that a balancer may resend it. */
  safe: boolean;
  /** True if the request bypassed the balancer. */
  direct: boolean;
  resent: boolean;
  operation?: Operation;
  /** True if a log lacks the entry of this request. Undefined until this is decided. */
  misses?: boolean;
}

/** What the response and the logs have shown about one request so far. */
export interface LoggedRequest {
  id: string;
  /** What the client knows about the request. Undefined until the request has ended. */
  sent?: Sent;
  balancer?: Pick<Served, 'instance' | 'tried'>;
  instances: Pick<Served, 'source' | 'instance'>[];
}

export interface LogReader {
  /** Called once for each request, as soon as its operation has ended and its entry in the balancer's log is known. */
  routed?(operation: Operation, entry: Served): void;
  /** Called once for each request: when every log has an entry (`complete`), else at the end of the run. */
  logged?(request: LoggedRequest, complete: boolean): void;
}

/** Maximum number of requests kept with all details. Of each older request, only an outline (a summary) is kept. */
const WHOLE = 20_000;
/** Maximum time before a kill for which the log of the killed process may lack entries, microseconds. */
const LAST_LINES = 1_000_000;

export const triedOf = ({ balancer }: LoggedRequest): number => balancer?.tried?.length ?? 1;

export class RequestLogs {
  readonly #prefix: string;
  readonly #hasBalancer: boolean;
  readonly #hasInstances: boolean;
  readonly #faults: FaultLedger;
  readonly #readers: readonly LogReader[];
  readonly #whole = new Map<string, LoggedRequest>();
  /** The iterator is kept, because a new iterator visits all deleted entries again. */
  #oldest = this.#whole.entries();
  /** Key: the number at the end of the request's id, or the id if it has no number. */
  readonly #outlines = new Map<string | number, LoggedRequest>();
  /** Outlines of requests. Equal outlines share one object. Key: the content as JSON. */
  readonly #alike = new Map<string, LoggedRequest>();

  constructor({ run, logs }: Run, faults: FaultLedger, readers: readonly LogReader[]) {
    this.#prefix = `${run}-`;
    this.#hasBalancer = logs.includes('balancer');
    this.#hasInstances = logs.some(log => log !== 'balancer');
    this.#faults = faults;
    this.#readers = readers;
  }

  get kept(): { whole: number; outlined: number } {
    return { whole: this.#whole.size, outlined: this.#outlines.size };
  }

  ended(operation: Operation): void {
    // The logs lack requests to other hosts, such as an identity provider.
    if (operation.path?.startsWith('http') === true) return;
    const request = this.#of(operation.request);
    const { instance, action, direct = false, resent = false } = operation;
    request.sent = { instance, safe: isSafe(action), direct, resent, operation };
    if (request.balancer !== undefined) this.#routed(operation, request.balancer as Served);
    this.#settle(request);
  }

  event(entry: Event): void {
    if (entry.type !== 'served' || !entry.request.startsWith(this.#prefix)) return;
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
    // If the balancer tried several instances, each of them must write a log entry.
    if (this.#hasInstances && request.instances.length < triedOf(request)) return;
    this.#whole.delete(request.id);
    this.#logged(request, true);
  }

  #isComplete({ sent, balancer, instances }: LoggedRequest): boolean {
    if (sent === undefined || (this.#hasInstances && instances.length === 0)) return false;
    return !this.#hasBalancer || sent.direct || balancer !== undefined;
  }

  /** Reports the requests that still lack a log entry. Called at the end of the history. */
  finish(): void {
    for (const request of this.#whole.values()) {
      if (request.sent !== undefined) request.sent.misses = this.#misses(request.sent);
      this.#logged(request, this.#isComplete(request));
    }
    for (const outline of this.#outlines.values()) this.#logged(outline, false);
  }

  /** Returns false if a fault may have lost the log entry, or if the request may have reached no instance. */
  #misses({ operation, misses = false }: Sent): boolean {
    if (operation === undefined) return misses;
    const { status, instance, call, return: end = call } = operation;
    if (status === undefined || (status >= 500 && instance === undefined)) return false;
    return !this.#faults.overlaps({ call, return: end + LAST_LINES });
  }

  /** Replaces the details of the oldest request by an outline, if no information is lost. */
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

  /** Returns undefined if the request has not ended, or if response and logs name different instances. */
  #outline(request: LoggedRequest): LoggedRequest | undefined {
    const { sent, balancer, instances } = request;
    if (sent === undefined || instances.length > 1 || triedOf(request) > 1) return undefined;
    const entries = instances.map(({ source, instance }) => ({ source, ...(instance && { instance }) }));
    const named = [sent, balancer, ...entries].flatMap(from => from?.instance ?? []);
    if (new Set(named).size > 1) return undefined;
    const { operation: _, ...known } = sent;
    const outline: LoggedRequest = {
      id: '',
      sent: { ...known, misses: this.#misses(sent) },
      ...(balancer && { balancer: balancer.instance === undefined ? {} : { instance: balancer.instance } }),
      instances: entries,
    };
    return getOrInsert(this.#alike, JSON.stringify(outline), () => outline);
  }

  #recalled(id: string): LoggedRequest | undefined {
    const key = this.#key(id);
    const outline = this.#outlines.get(key);
    this.#outlines.delete(key);
    return outline && { ...outline, id, instances: [...outline.instances] };
  }
}
