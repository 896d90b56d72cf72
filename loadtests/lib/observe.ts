/** What one virtual user sees, judged as it goes: events → core judge → metrics, and lines of a history. */
import type { Counts } from '../../verify/core/check.ts';
import type { Guarantee } from '../../verify/core/guarantees.ts';
import type { End, Event, Operation } from '../../verify/core/history.ts';
import { Judge } from '../../verify/core/judge.ts';
import type { Anomaly } from '../../verify/core/verdict.ts';
import { CHECKS, FIGURES, type Figure, failureOf, OTHER, TAGGED } from './figures.ts';
import { add } from './metrics.ts';
import { type Shared, writeLine } from './run.ts';
import type { Settings } from './settings.ts';

export class Observer {
  readonly #judge: Judge;
  readonly #settings: Settings;
  readonly #known: ReadonlySet<string>;
  readonly #figures: readonly Figure[];
  /** What was added to the counter of each figure so far. */
  readonly #added: number[];
  /** Instances that the session has met. */
  readonly #met = new Set<string>();
  #told = false;

  /** @param user number of the virtual user, from 1 on */
  constructor({ run }: Shared, settings: Settings, user: number) {
    this.#judge = new Judge(run, CHECKS, anomaly => this.#tell(anomaly));
    this.#settings = settings;
    this.#known = new Set(settings.instances);
    const first = user <= settings.accounts;
    this.#figures = FIGURES.filter(({ perAccount }) => !perAccount || first);
    this.#added = this.#figures.map(() => 0);
  }

  /** Takes in an event before or after an operation. */
  step(event: Event): void {
    if (this.#settings.history) writeLine(event);
    this.#judge.step(event);
    if (event.type === 'session') this.#met.clear();
  }

  /** Takes in an operation that has ended. */
  ended(event: End | Operation, operation: Operation): void {
    this.step(event);
    this.#count(operation);
    this.#report();
  }

  #count({ outcome, status, instance, action }: Operation): void {
    add(TAGGED.operations.metric, 1, { [TAGGED.operations.tag]: outcome });
    if (outcome !== 'ok') add(TAGGED.failed.metric, 1, { [TAGGED.failed.tag]: failureOf(status) });
    if (instance === undefined) return;
    const tags = { [TAGGED.requests.tag]: this.#known.has(instance) ? instance : OTHER };
    add(TAGGED.requests.metric, 1, tags);
    const before = action === 'form' || (action === 'login' && outcome !== 'ok');
    if (before || this.#met.has(instance)) return;
    this.#met.add(instance);
    add(TAGGED.met.metric, 1, tags);
  }

  /** Brings each counter up to what the checks have counted. */
  #report(): void {
    const counts = new Map<Guarantee, Counts>();
    for (const check of this.#judge.counts()) counts.set(check.guarantee, check.counts);
    this.#figures.forEach(({ metric, counts: [[guarantee, name]] }, index) => {
      const total = counts.get(guarantee)?.[name] ?? 0;
      const more = total - (this.#added[index] ?? 0);
      if (more <= 0) return;
      this.#added[index] = total;
      add(metric, more);
    });
  }

  /** The first thing that breaks, once for each virtual user. A history holds all of it, and nothing else. */
  #tell({ name, guarantee, session, user, summary }: Anomaly): void {
    if (this.#told || this.#settings.history) return;
    this.#told = true;
    console.warn(`${name}  ${guarantee}  session ${session}  user ${user}: ${summary}`);
  }
}
