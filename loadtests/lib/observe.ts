/** What one virtual user sees, judged as it goes: events → core judge → metrics, and lines of a history. */
import type { End, Event, Operation } from '../../verify/core/history.ts';
import { Judge } from '../../verify/core/judge.ts';
import type { Anomaly } from '../../verify/core/verdict.ts';
import { CHECKS, FIGURES, type Figure, failureOf, OTHER, TAGGED } from './figures.ts';
import { add } from './metrics.ts';
import { type Shared, writeLine } from './run.ts';
import type { Settings } from './settings.ts';

/** A counter that follows a count of a check. */
interface Raised {
  readonly metric: string;
  /** Index of the check. */
  readonly check: number;
  readonly name: string;
  /** What was added to the counter so far. */
  added: number;
}

function raisedFrom({ metric, counts }: Figure): Raised {
  const [guarantee, name] = counts[0];
  return { metric, check: CHECKS.findIndex(check => check.guarantee === guarantee), name, added: 0 };
}

export class Observer {
  readonly #judge: Judge;
  readonly #settings: Settings;
  readonly #known: ReadonlySet<string>;
  readonly #raised: readonly Raised[];
  /** Instances that the session has met. */
  readonly #met = new Set<string>();
  #told = false;

  /** @param user number of the virtual user, from 1 on */
  constructor({ run }: Shared, settings: Settings, user: number) {
    this.#judge = new Judge(run, CHECKS, anomaly => this.#tell(anomaly));
    this.#settings = settings;
    this.#known = new Set(settings.instances);
    const first = user <= settings.accounts;
    this.#raised = FIGURES.filter(({ perAccount }) => !perAccount || first).map(raisedFrom);
  }

  /** Takes in an event before or after an operation. */
  step(event: Event): void {
    if (this.#settings.history) writeLine(event);
    this.#judge.step(event);
    if (event.type === 'session' && event.event === 'ended') this.#met.clear();
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
    const counts = this.#judge.counts();
    for (const raised of this.#raised) {
      const total = counts[raised.check]?.counts[raised.name] ?? 0;
      if (total <= raised.added) continue;
      add(raised.metric, total - raised.added);
      raised.added = total;
    }
  }

  /** The first thing that breaks, once for each virtual user. A history holds all of it, and nothing else. */
  #tell({ name, guarantee, session, user, summary }: Anomaly): void {
    if (this.#told || this.#settings.history) return;
    this.#told = true;
    console.warn(`${name}  ${guarantee}  session ${session}  user ${user}: ${summary}`);
  }
}
