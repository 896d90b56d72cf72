/** What the sources say of each request, until all of them have spoken: in bounded memory, however long a log is silent. */
import type { Operation, Served } from '../history.ts';

/** What is asked of a request when its sources are compared. */
export interface Request {
  instance: string | undefined;
  /** It changes nothing, so that a balancer may try it on several instances. */
  safe: boolean;
  /** Sent past the balancer. */
  direct: boolean;
  resent: boolean;
  /** While few requests wait. */
  operation?: Operation;
  /** Whether it counts as missing in a log that never mentions it; absent while the operation is kept. */
  misses?: boolean;
}

export interface Testimony {
  request?: Request;
  balancer?: Pick<Served, 'instance' | 'tried'>;
  instances: Pick<Served, 'source' | 'instance'>[];
}

/** Requests that wait whole; of older ones only a number is kept. */
const WHOLE = 20_000;

/** Bits of an outline; the instance's number stands above them. */
const SAFE = 1;
const DIRECT = 2;
const RESENT = 4;
const BALANCER = 8;
const INSTANCE = 16;
const MISSES = 32;
const NUMBER = 64;

export class Testimonies {
  readonly #prefix: string;
  readonly #whole = new Map<string, Testimony>();
  /** By the number in its name, or the name where that is no number: what an old request's sources have said so far. */
  readonly #outlines = new Map<string | number, number>();
  readonly #instances = new Map<string, number>();
  readonly #names: string[] = [''];
  readonly #misses: (operation: Operation) => boolean;

  /**
   * @param prefix of the names of the run's requests
   * @param misses whether a request counts as missing in a log if that never mentions it
   */
  constructor(prefix: string, misses: (operation: Operation) => boolean) {
    this.#prefix = prefix;
    this.#misses = misses;
  }

  of(request: string): Testimony {
    let testimony = this.#whole.get(request);
    if (testimony === undefined) {
      testimony = this.#recalled(request) ?? { instances: [] };
      this.#whole.set(request, testimony);
      if (this.#whole.size > WHOLE) this.#shorten();
    }
    return testimony;
  }

  delete(request: string): void {
    this.#whole.delete(request);
  }

  whole(): Iterable<[string, Testimony]> {
    return this.#whole;
  }

  /** How many wait whole, and how many as a number. */
  get kept(): { whole: number; outlined: number } {
    return { whole: this.#whole.size, outlined: this.#outlines.size };
  }

  /** Whether a request counts as missing in a log that never mentions it. */
  counts({ operation, misses = false }: Request): boolean {
    return operation === undefined ? misses : this.#misses(operation);
  }

  /** @returns of those that wait as a number, how many count as missing in a log */
  missing(): number {
    let missing = 0;
    for (const outline of this.#outlines.values()) if ((outline & MISSES) !== 0) missing++;
    return missing;
  }

  /** Outlines the request that has waited longest, or lets it wait on where that would lose something. */
  #shorten(): void {
    for (const [request, testimony] of this.#whole) {
      this.#whole.delete(request);
      const outline = this.#outline(testimony);
      if (outline === undefined) this.#whole.set(request, testimony);
      else this.#outlines.set(this.#key(request), outline);
      return;
    }
  }

  #key(request: string): string | number {
    const number = Number(request.slice(this.#prefix.length));
    return Number.isSafeInteger(number) ? number : request;
  }

  /** @returns undefined if not all sources so far name one instance, or the request is not known */
  #outline({ request, balancer, instances }: Testimony): number | undefined {
    if (request === undefined || instances.length > 1 || (balancer?.tried?.length ?? 1) > 1) return undefined;
    const [log] = instances;
    const named = [request.instance, balancer?.instance, log?.instance].filter(name => name !== undefined);
    const [instance = ''] = named;
    if (named.some(name => name !== instance)) return undefined;
    return (
      this.#numberOf(instance) * NUMBER +
      (request.safe ? SAFE : 0) +
      (request.direct ? DIRECT : 0) +
      (request.resent ? RESENT : 0) +
      (balancer === undefined ? 0 : BALANCER) +
      (log === undefined ? 0 : INSTANCE) +
      (this.counts(request) ? MISSES : 0)
    );
  }

  #recalled(name: string): Testimony | undefined {
    const key = this.#key(name);
    const outline = this.#outlines.get(key);
    if (outline === undefined) return undefined;
    this.#outlines.delete(key);
    const instance = this.#names[Math.floor(outline / NUMBER)] || undefined;
    const has = (bit: number): boolean => (outline & bit) !== 0;
    const named = instance === undefined ? {} : { instance };
    return {
      request: { instance, safe: has(SAFE), direct: has(DIRECT), resent: has(RESENT), misses: has(MISSES) },
      ...(has(BALANCER) ? { balancer: named } : {}),
      instances: has(INSTANCE) ? [{ source: instance ?? 'an instance', ...named }] : [],
    };
  }

  #numberOf(instance: string): number {
    if (instance === '') return 0;
    let number = this.#instances.get(instance);
    if (number === undefined) {
      number = this.#names.push(instance) - 1;
      this.#instances.set(instance, number);
    }
    return number;
  }
}
