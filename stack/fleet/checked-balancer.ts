/** Adds health checks to a balancer, as clouds do. The balancer then routes only to instances that pass the checks. */
import { Changes } from '../changes.ts';
import type { LocalBalancer, Routed } from '../stack.ts';
import { until } from '../wait.ts';
import { after, type Health, type HealthState, NEW, probe, SERVING } from './health.ts';
import type { HealthCheck } from './profile.ts';

export interface CheckedOptions {
  check: HealthCheck;
  /** Maximum time for the requests in flight to an instance that leaves, milliseconds. */
  drainMs: number;
  /** True: while no instance is healthy, all instances get requests. */
  failOpen: boolean;
  /** Called whenever an instance becomes healthy or unhealthy. */
  onHealth?: (instance: Routed, state: HealthState) => void;
}

interface Target {
  instance: Routed;
  /** Address of the instance, or of the proxy through which the balancer reaches it. */
  via: string;
  health: Health;
  checks: NodeJS.Timeout;
  /** Set when the balancer stops sending new requests to the instance. Resolves once no request to it is in flight. */
  drained: Promise<void>;
}

/** Time that a new instance may take to become healthy, in addition to its first checks, milliseconds. */
const GRACE_MS = 60_000;

/** Wraps a balancer, and registers with it only the instances that are healthy. */
export class CheckedBalancer implements LocalBalancer {
  readonly #inner: LocalBalancer;
  readonly #options: CheckedOptions;
  /** The registered instances, by address. */
  readonly #targets = new Map<string, Target>();
  /** The instances that get requests. */
  readonly #routed = new Set<Target>();
  readonly #changes = new Changes();

  readonly forget?: () => Promise<void>;

  constructor(inner: LocalBalancer, options: CheckedOptions) {
    this.#inner = inner;
    this.#options = options;
    if (inner.forget) this.forget = () => inner.forget?.() ?? Promise.resolve();
  }

  /** Returns the health of a registered instance; undefined for other instances. */
  state({ url }: Pick<Routed, 'url'>): HealthState | undefined {
    return this.#targets.get(url)?.health.state;
  }

  /** Resolves once the instance has passed its first checks and gets requests. Throws if GRACE_MS is not enough. */
  async register(instance: Routed, via = instance.url): Promise<void> {
    const known = this.#targets.get(instance.url);
    if (known !== undefined) {
      known.via = via;
      if (this.#routed.has(known)) await this.#inner.register(instance, via);
      return;
    }
    this.#changes.signal.throwIfAborted();
    const target = this.#admit(instance, via, NEW);
    void this.#check(target);
    const { everyMs, first } = this.#options.check;
    const left = () => this.#targets.get(instance.url) !== target;
    await until(() => left() || this.#routed.has(target), {
      withinMs: everyMs * (first + 1) + GRACE_MS,
      what: `${instance.name} to pass ${first} health checks`,
    });
    if (left()) throw new Error(`${instance.name} left the balancer before it was healthy`);
  }

  /** Registers the first instances of a stack. They count as healthy, because the stack has found them ready. */
  async registerAll(instances: readonly Routed[]): Promise<void> {
    for (const instance of instances) this.#routed.add(this.#admit(instance, instance.url, SERVING));
    await this.#inner.registerAll(instances);
  }

  /** Resolves once no request to the instance is in flight, or after `drainMs`. */
  async deregister(instance: Routed): Promise<void> {
    const target = this.#targets.get(instance.url);
    if (target === undefined) return;
    clearInterval(target.checks);
    this.#targets.delete(instance.url);
    await this.#route();
    await atMost(this.#options.drainMs, target.drained);
  }

  #admit(instance: Routed, via: string, health: Health): Target {
    const target: Target = {
      ...{ instance, via, health, drained: Promise.resolve() },
      checks: setInterval(() => void this.#check(target), this.#options.check.everyMs),
    };
    this.#targets.set(instance.url, target);
    return target;
  }

  async #check(target: Target): Promise<void> {
    const { check, onHealth } = this.#options;
    const passed = await probe(target.via, check.probe, check.timeoutMs);
    if (this.#targets.get(target.instance.url) !== target) return;
    const { state: before } = target.health;
    target.health = after(target.health, passed, check);
    // The balancer may reject the change. The error is ignored, because the next health check tries the change again.
    this.#route().catch(() => {});
    const { state } = target.health;
    if (state !== before) onHealth?.(target.instance, state);
  }

  /**
   * Registers the healthy instances with the balancer, then deregisters the others. In this order, the balancer
   * always has an instance.
   */
  #route(): Promise<void> {
    return this.#changes.run(async () => {
      const wanted = this.#wanted();
      for (const target of wanted) {
        if (this.#routed.has(target)) continue;
        await this.#inner.register(target.instance, target.via);
        this.#routed.add(target);
      }
      for (const target of [...this.#routed].filter(target => !wanted.includes(target))) {
        this.#routed.delete(target);
        target.drained = this.#inner.deregister(target.instance);
        target.drained.catch(() => {}); // The caller of `deregister` gets the error.
      }
    });
  }

  #wanted(): Target[] {
    const all = [...this.#targets.values()];
    const healthy = all.filter(({ health }) => health.state === 'healthy');
    return healthy.length === 0 && this.#options.failOpen ? all : healthy;
  }

  async dispose(): Promise<void> {
    const changed = this.#changes.end();
    for (const { checks } of this.#targets.values()) clearInterval(checks);
    this.#targets.clear();
    this.#routed.clear();
    await this.#inner.dispose();
    await changed;
  }

  get name(): string {
    return this.#inner.name;
  }
  get url(): string {
    return this.#inner.url;
  }
  get accessLog(): string {
    return this.#inner.accessLog;
  }
  running = (): boolean => this.#inner.running();
  reload = (): Promise<void> => this.#inner.reload();
  start = (): Promise<void> => this.#inner.start();
  stop = (): Promise<void> => this.#inner.stop();
  kill = (): Promise<void> => this.#inner.kill();
  pause = (): Promise<void> => this.#inner.pause();
  resume = (): Promise<void> => this.#inner.resume();
  restart = (): Promise<void> => this.#inner.restart();
}

/** Waits for the promise, at most for the given time. Throws the promise's error if it rejects in this time. */
async function atMost(milliseconds: number, awaited: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>(resolve => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([awaited, over]);
  clearTimeout(timer);
}
