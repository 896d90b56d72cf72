/** Keeps what each source says about a request until all sources have an entry for it. Its memory is bounded. */
import type { Operation, Served } from '../history/history.ts';
import type { Violation } from './framework.ts';

/** The facts about a request that the comparison of the sources needs. */
export interface Request {
  instance: string | undefined;
  /** True if the request changes no data, so that a balancer may send it to several instances. */
  safe: boolean;
  /** True if the client sent the request directly to an instance. */
  direct: boolean;
  /** True if the client sent the request twice. */
  resent: boolean;
  /** The operation; absent if only an outline of the request is kept. */
  operation?: Operation;
  /** True if the request counts as missing in a log without an entry; absent while the operation is kept. */
  misses?: boolean;
}

/** The statements of the sources about one request so far. */
export interface Testimony {
  request?: Request;
  balancer?: Pick<Served, 'instance' | 'tried'>;
  instances: Pick<Served, 'source' | 'instance'>[];
}

/** Maximum number of requests that are kept whole. For each older request only a number, its outline, is kept. */
const WHOLE = 20_000;

/** The bits of an outline. The higher bits are the number of the instance. */
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
  /**
   * Goes through the whole requests, the oldest first. It is kept, since a new iterator would pass the places of all
   * deleted requests again.
   */
  #oldest = this.#whole.entries();
  /** The outlines of old requests. The key is the number in the request's name, or the name if it has no number. */
  readonly #outlines = new Map<string | number, number>();
  /** The number that stands for each instance in the outlines. */
  readonly #instances = new Map<string, number>();
  readonly #names: string[] = [''];
  readonly #misses: (operation: Operation) => boolean;

  /**
   * @param prefix the prefix of the names of all requests of the run
   * @param misses returns whether a request counts as missing if a log has no entry for it
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

  /** The number of requests that are kept whole, and of those that are kept as an outline. */
  get kept(): { whole: number; outlined: number } {
    return { whole: this.#whole.size, outlined: this.#outlines.size };
  }

  /** Returns whether a request counts as missing if a log has no entry for it. */
  counts({ operation, misses = false }: Request): boolean {
    return operation === undefined ? misses : this.#misses(operation);
  }

  /** @returns the number of outlined requests that count as missing in a log */
  missing(): number {
    let missing = 0;
    for (const outline of this.#outlines.values()) if ((outline & MISSES) !== 0) missing++;
    return missing;
  }

  /** Replaces the oldest whole request with its outline, unless the outline would lose information. */
  #shorten(): void {
    let { value: oldest } = this.#oldest.next();
    if (oldest === undefined) {
      this.#oldest = this.#whole.entries();
      oldest = this.#oldest.next().value;
    }
    if (oldest === undefined) return;
    const [request, testimony] = oldest;
    this.#whole.delete(request);
    const outline = this.#outline(testimony);
    if (outline === undefined) this.#whole.set(request, testimony);
    else this.#outlines.set(this.#key(request), outline);
  }

  #key(request: string): string | number {
    const number = Number(request.slice(this.#prefix.length));
    return Number.isSafeInteger(number) ? number : request;
  }

  /** @returns the outline; undefined if the sources name several instances, or no operation has arrived yet */
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

/** Describes sources that disagree on a request. @param operation the request, if it is known */
export function disputed(operation: Operation | undefined, summary: string): Violation {
  const expected = 'all sources name one instance, which served it once';
  const witness = operation === undefined ? [] : [{ operation, expected, came: summary }];
  return { at: operation, summary, witness };
}
