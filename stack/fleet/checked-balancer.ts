/** A balancer that routes only to instances that pass its health checks, as those of clouds do. */
import type { LocalBalancer, Routed } from '../balancer.ts';
import { until } from '../wait.ts';
import { after, type Health, NEW, SERVING, type State } from './health.ts';
import { probe } from './probe.ts';
import type { Check } from './profile.ts';

export interface CheckedOptions {
  check: Check;
  /** So long an instance that leaves may take for what it has in flight, milliseconds. */
  drainMs: number;
  /** Whether all are asked when none is healthy. */
  failOpen: boolean;
  /** Told whenever an instance was found healthy or unhealthy. */
  onHealth?: (instance: Routed, state: State) => void;
}

interface Target {
  instance: Routed;
  /** Where it is reached. */
  via: string;
  health: Health;
  checks: NodeJS.Timeout;
  /** Resolves once nothing is in flight to it any more; set when it was taken out. */
  drained: Promise<void>;
}

/** Beyond the checks that a new instance needs, milliseconds within which it is to pass them. */
const GRACE_MS = 60_000;

/** Drives any balancer: what is healthy is registered there, and nothing else. */
export class CheckedBalancer implements LocalBalancer {
  readonly #inner: LocalBalancer;
  readonly #options: CheckedOptions;
  /** Who is registered, by address. */
  readonly #targets = new Map<string, Target>();
  /** Who is sent requests. */
  readonly #routed = new Set<Target>();
  #ended = false;
  /** Changes of who is, one after the other. */
  #changes: Promise<void> = Promise.resolve();

  readonly forget?: () => Promise<void>;

  constructor(inner: LocalBalancer, options: CheckedOptions) {
    this.#inner = inner;
    this.#options = options;
    if (inner.forget) this.forget = () => inner.forget?.() ?? Promise.resolve();
  }

  /** Of an instance that is registered; undefined of others. */
  state({ url }: Pick<Routed, 'url'>): State | undefined {
    return this.#targets.get(url)?.health.state;
  }

  /** Resolves once it has passed its first checks and is sent requests. Throws when it does not in time. */
  async register(instance: Routed, via = instance.url): Promise<void> {
    const known = this.#targets.get(instance.url);
    if (known !== undefined) {
      known.via = via;
      if (this.#routed.has(known)) await this.#inner.register(instance, via);
      return;
    }
    if (this.#ended) throw new Error('the balancer was stopped and takes no more instances');
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

  /** Those that a stack begins with were seen to be ready: they count as healthy. */
  async registerAll(instances: readonly Routed[]): Promise<void> {
    for (const instance of instances) this.#routed.add(this.#admit(instance, instance.url, SERVING));
    await this.#inner.registerAll(instances);
  }

  /** Resolves once nothing is in flight to it, or its time for that is over. */
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
    const passed = await probe(target.via, check.ask, check.timeoutMs);
    if (this.#targets.get(target.instance.url) !== target) return;
    const { state: before } = target.health;
    target.health = after(target.health, passed, check);
    // A balancer that takes nothing at the moment is told again after the next check.
    this.#route().catch(() => {});
    const { state } = target.health;
    if (state !== before) onHealth?.(target.instance, state);
  }

  /** Brings the balancer in step with who is healthy: first who joins, so that there is always somebody. */
  async #route(): Promise<void> {
    const done = this.#changes.then(async () => {
      const wanted = this.#wanted();
      for (const target of wanted) {
        if (this.#routed.has(target)) continue;
        await this.#inner.register(target.instance, target.via);
        this.#routed.add(target);
      }
      for (const target of [...this.#routed].filter(target => !wanted.includes(target))) {
        this.#routed.delete(target);
        target.drained = this.#inner.deregister(target.instance);
        target.drained.catch(() => {}); // Told to whoever deregisters it.
      }
    });
    this.#changes = done.catch(() => {});
    await done;
  }

  #wanted(): Target[] {
    const all = [...this.#targets.values()];
    const healthy = all.filter(({ health }) => health.state === 'healthy');
    return healthy.length === 0 && this.#options.failOpen ? all : healthy;
  }

  async dispose(): Promise<void> {
    this.#ended = true;
    for (const { checks } of this.#targets.values()) clearInterval(checks);
    this.#targets.clear();
    this.#routed.clear();
    await this.#inner.dispose();
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

/** Waits for it, but not for longer. Throws what it throws in that time. */
async function atMost(milliseconds: number, awaited: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>(resolve => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([awaited, over]);
  clearTimeout(timer);
}
