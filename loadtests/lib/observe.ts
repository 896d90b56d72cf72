/** What one virtual user sees, judged as it goes: events → core judge → metrics, and lines of a history. */
import type { Counts } from '../../verify/core/check.ts';
import type { Guarantee } from '../../verify/core/guarantees.ts';
import type { Event } from '../../verify/core/history.ts';
import { Judge } from '../../verify/core/judge.ts';
import type { Tally } from '../../verify/core/result.ts';
import type { Anomaly } from '../../verify/core/verdict.ts';
import { CHECKS, FIGURES, failureOf, OTHER, OUTCOMES, TAGGED } from './figures.ts';
import { add } from './metrics.ts';
import { type Shared, writeLine } from './run.ts';
import type { Settings } from './settings.ts';

export class Observer {
  readonly #judge: Judge;
  readonly #settings: Settings;
  readonly #known: ReadonlySet<string>;
  /** Whether this virtual user is the first one of its account. */
  readonly #first: boolean;
  /** What was added to each counter so far. */
  readonly #added = new Map<string, number>();
  #told = false;

  /** @param user number of the virtual user, from 1 on */
  constructor({ run }: Shared, settings: Settings, user: number) {
    this.#judge = new Judge(run, CHECKS, anomaly => this.#tell(anomaly));
    this.#settings = settings;
    this.#known = new Set(settings.instances);
    this.#first = user <= settings.accounts;
  }

  /** Takes in an event as it happens. */
  step(event: Event): void {
    if (this.#settings.history) writeLine(event);
    this.#judge.step(event);
    if (event.type === 'op' || event.type === 'end') this.#report();
  }

  #report(): void {
    const { tally, checks } = this.#judge.counts();
    const counts = new Map<Guarantee, Counts>(checks.map(check => [check.guarantee, check.counts]));
    for (const { metric, counts: names, perAccount } of FIGURES) {
      if (perAccount && !this.#first) continue;
      const [guarantee, name] = names[0];
      this.#raise(metric, counts.get(guarantee)?.[name] ?? 0);
    }
    this.#tally(tally);
  }

  #tally(tally: Tally): void {
    for (const outcome of OUTCOMES) this.#tagged(TAGGED.operations, outcome, tally[outcome]);
    for (const [how, times] of Object.entries(tally.failures)) {
      this.#tagged(TAGGED.failed, failureOf(how), times, how);
    }
    for (const { instance, requests, sessions } of tally.instances) {
      const name = this.#known.has(instance) ? instance : OTHER;
      this.#tagged(TAGGED.requests, name, requests, instance);
      this.#tagged(TAGGED.met, name, sessions, instance);
    }
  }

  /** @param part what is counted apart, though it has the same tag as others */
  #tagged(
    { metric, tag }: { metric: string; tag: string },
    value: string,
    total: number,
    part = value,
  ): void {
    this.#raise(metric, total, `${metric} ${part}`, { [tag]: value });
  }

  /** Brings a counter up to a total. */
  #raise(metric: string, total: number, key = metric, tags?: Record<string, string>): void {
    const more = total - (this.#added.get(key) ?? 0);
    if (more <= 0) return;
    this.#added.set(key, total);
    add(metric, more, tags);
  }

  /** The first thing that breaks, once for each virtual user. A history holds all of it, and nothing else. */
  #tell({ name, guarantee, session, user, summary }: Anomaly): void {
    if (this.#told || this.#settings.history) return;
    this.#told = true;
    console.warn(`${name}  ${guarantee}  session ${session}  user ${user}: ${summary}`);
  }
}
