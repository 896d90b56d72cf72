/** Adds health checks like those of cloud load balancers to nginx: only healthy instances get requests. */
import { setTimeout as pause } from 'node:timers/promises';
import { Changes } from '../changes.ts';
import { Nginx, type NginxOptions } from '../nginx.ts';
import type { Routed } from '../stack.ts';
import { until } from '../wait.ts';
import { after, type Health, type HealthState, NEW, probe, SERVING } from './health.ts';
import type { HealthCheck, Profile } from './profile.ts';

export type CheckedOptions = Pick<Profile, 'drainMs' | 'failOpen'> & { check: HealthCheck };

interface Target {
  instance: Routed;
  via: string;
  health: Health;
  checks: NodeJS.Timeout;
  drained: Promise<void>;
}

const GRACE_MS = 60_000;

export class CheckedNginx extends Nginx {
  onHealth?: (instance: Routed, state: HealthState) => void;
  readonly #options: CheckedOptions;
  readonly #targets = new Map<string, Target>();
  readonly #inService = new Set<Target>();
  readonly #moves = new Changes();

  constructor(options: NginxOptions & CheckedOptions) {
    super(options);
    this.#options = options;
  }

  state({ url }: Pick<Routed, 'url'>): HealthState | undefined {
    return this.#targets.get(url)?.health.state;
  }

  /**
   * Resolves once the instance is healthy and gets requests. Throws if it does not pass its first health checks in
   * time.
   */
  override async register(instance: Routed, via = instance.url): Promise<void> {
    const known = this.#targets.get(instance.url);
    if (known !== undefined) {
      known.via = via;
      if (this.#inService.has(known)) await super.register(instance, via);
      return;
    }
    this.#moves.signal.throwIfAborted();
    const target = this.#admit(instance, via, NEW);
    void this.#check(target);
    const { everyMs, first } = this.#options.check;
    const left = () => this.#targets.get(instance.url) !== target;
    await until(() => left() || this.#inService.has(target), {
      withinMs: everyMs * (first + 1) + GRACE_MS,
      what: `${instance.name} to pass ${first} health checks`,
    });
    if (left()) throw new Error(`${instance.name} left the balancer before it was healthy`);
  }

  override async registerAll(instances: readonly Routed[]): Promise<void> {
    for (const instance of instances) this.#inService.add(this.#admit(instance, instance.url, SERVING));
    await super.registerAll(instances);
  }

  override async deregister(instance: Routed): Promise<void> {
    const target = this.#targets.get(instance.url);
    if (target === undefined) return;
    clearInterval(target.checks);
    this.#targets.delete(instance.url);
    await this.#route();
    const over = pause(this.#options.drainMs, undefined, { ref: false });
    await Promise.race([target.drained, over]);
  }

  #admit(instance: Routed, via: string, health: Health): Target {
    const target: Target = {
      instance,
      via,
      health,
      drained: Promise.resolve(),
      checks: setInterval(() => void this.#check(target), this.#options.check.everyMs),
    };
    this.#targets.set(instance.url, target);
    return target;
  }

  async #check(target: Target): Promise<void> {
    const { check } = this.#options;
    const passed = await probe(target.via, check.probe, check.timeoutMs);
    if (this.#targets.get(target.instance.url) !== target) return;
    const { state: before } = target.health;
    target.health = after(target.health, passed, check);
    this.#route().catch(() => {});
    const { state } = target.health;
    if (state !== before) this.onHealth?.(target.instance, state);
  }

  /** Adds healthy instances before it removes others, so that the balancer always has an instance. */
  #route(): Promise<void> {
    return this.#moves.run(async () => {
      const wanted = this.#wanted();
      for (const target of wanted) {
        if (this.#inService.has(target)) continue;
        await super.register(target.instance, target.via);
        this.#inService.add(target);
      }
      for (const target of [...this.#inService].filter(target => !wanted.includes(target))) {
        this.#inService.delete(target);
        target.drained = super.deregister(target.instance);
        target.drained.catch(() => {}); // The caller of `deregister` gets the error.
      }
    });
  }

  #wanted(): Target[] {
    const all = [...this.#targets.values()];
    const healthy = all.filter(({ health }) => health.state === 'healthy');
    return healthy.length === 0 && this.#options.failOpen ? all : healthy;
  }

  override async dispose(): Promise<void> {
    const moved = this.#moves.end();
    for (const { checks } of this.#targets.values()) clearInterval(checks);
    this.#targets.clear();
    this.#inService.clear();
    await super.dispose();
    await moved;
  }
}
