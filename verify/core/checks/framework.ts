/** The part that all checks share: keeps the counts and the first anomalies, and decides the verdict. */

import type { FaultLedger } from '../faults/ledger.ts';
import { getOrInsert } from '../get-or-insert.ts';
import type { Event, Operation, Run, Served, Start } from '../history/history.ts';
import type { Started, TrackedObject } from '../objects/tracked-object.ts';
import { counted, percent } from '../result/format.ts';
import { GUARANTEES } from '../result/guarantees.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly, WitnessStep } from '../result/verdict.ts';
import type { LoggedRequest } from '../timeline/request-logs.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';
import {
  type Check,
  type CheckFinding,
  type Conclusion,
  type Counts,
  conclude,
  type Fold,
  type NamedCounts,
  type OnAnomaly,
  type SeenInRun,
} from './check.ts';

/** The facts that a check may use while it judges one run. */
export interface CheckContext {
  run: Run;
  /** The faults of the run. The ledger receives each event before the checks do. */
  faults: FaultLedger;
  seen: SeenInRun;
  onAnomaly: OnAnomaly | undefined;
}

/**
 * The counts of a check. `violations`: the number of its anomalies. `doubtful`: the number of signed-in
 * responses that prove nothing, because the app shows this user's pages to other users too.
 */
type Counted<C> = C & { violations: number; doubtful: number };

/** The declaration of a check. `C` is the type of its counts. */
export interface Declaration<C> extends Pick<Check, 'guarantee' | 'assumes' | 'minimum'> {
  /** Returns the counts with which a run starts. */
  counts(): C;
  /** The class that judges one run. */
  judge: new (
    declaration: Declaration<C>,
    context: CheckContext,
  ) => Fold;
  /** Returns the number of violations. By default: the number of reported anomalies. */
  violations?(counts: Counted<C>, run: Run): number;
  /** Returns the number of comparisons that could have found a violation. If it is 0, the verdict is `unknown`. */
  compared(counts: Counted<C>): number;
  /** Returns which evidence is missing and how to get it; undefined if there is enough evidence. */
  missing(counts: Counted<C>, run: Run): string | undefined;
  /** Returns the counts that reports show, by name, in display order. */
  rests(counts: Counted<C>, run: Run): Record<string, number>;
  /** Describes what a valid verdict rules out: `at most 0.3 % of adds take effect twice`. */
  rulesOut(counts: Counted<C>, run: Run): string;
  /** Describes how much was violated: `3 sessions lost`. */
  broken(violations: number, counts: Counted<C>, run: Run): string;
  /** Returns remarks for the verdict. A remark is shown if `isTrue`. It is not a violation. */
  remarks?(counts: Counted<C>): [isTrue: boolean, remark: string][];
}

/** Makes a check from its declaration. */
export function check<C extends object>(declaration: Declaration<C>): Check {
  const { guarantee, assumes, minimum, judge: Judge } = declaration;
  return {
    ...{ guarantee, assumes, minimum },
    start: (run, onAnomaly, faults, seen) => new Judge(declaration, { run, onAnomaly, faults, seen }),
    conclude: (counts, run) =>
      concludeFrom(declaration, { ...declaration.counts(), ...NONE, ...counts }, run),
  };
}

const NONE = { violations: 0, doubtful: 0 };

function concludeFrom<C>(declaration: Declaration<C>, counts: Counted<C>, run: Run): Conclusion {
  const violations = declaration.violations?.(counts, run) ?? counts.violations;
  const nothing = declaration.compared(counts) === 0 ? 'nothing was compared' : undefined;
  const finding =
    violations === 0 ? declaration.rulesOut(counts, run) : declaration.broken(violations, counts, run);
  const remarks = (declaration.remarks?.(counts) ?? []).filter(([isTrue]) => isTrue);
  return conclude(
    violations,
    doubt(counts.doubtful) ?? declaration.missing(counts, run) ?? nothing,
    declaration.rests(counts, run),
    [finding, ...remarks.map(([, remark]) => remark)].join('; '),
  );
}

/** Returns the reason for the verdict `unknown` if the app shows a user's pages to other users; undefined if not. */
const doubt = (doubtful: number): string | undefined =>
  doubtful === 0
    ? undefined
    : `isolation is broken: pages of a user were shown to other users, so ${counted(doubtful, 'response')} that ` +
      `${doubtful === 1 ? 'looks signed in proves' : 'look signed in prove'} nothing`;

/** What a check reports as an anomaly. The framework adds the names of the anomaly and its guarantee. */
export interface Violation {
  /** The operation that shows the anomaly. The report names the session and user of this operation. */
  at?: Operation | undefined;
  summary: string;
  witness: WitnessStep[];
  notes?: string[];
}

/** Maximum number of anomalies of one name that are kept with their witness. Further anomalies are only counted. */
export const KEPT = 5;

/** Judges one run. A check extends this class, and implements the methods of `Fold` that it needs. */
export abstract class Judging<C extends object> implements Fold {
  readonly run: Run;
  readonly faults: FaultLedger;
  readonly count: Counted<C>;
  readonly #declaration: Declaration<C>;
  readonly #seen: SeenInRun;
  readonly #onAnomaly: OnAnomaly | undefined;
  #kept: Anomaly[] = [];
  /** By user: the anomalies whose only proof is a response that looks signed in as this user. */
  readonly #signedIn = new Map<string, { violations: number; kept: Anomaly[] }>();
  /** Spare anomalies of other users. They are reported if all kept anomalies are withdrawn at the end. */
  readonly #reserve: { user: string; anomaly: Anomaly }[] = [];
  /** By anomaly name: the number of kept anomalies. Each name has its own limit, so no name can use up the space. */
  readonly #of = new Map<string, number>();

  constructor(declaration: Declaration<C>, { run, faults, seen, onAnomaly }: CheckContext) {
    this.run = run;
    this.faults = faults;
    this.count = { ...declaration.counts(), ...NONE };
    this.#declaration = declaration;
    this.#seen = seen;
    this.#onAnomaly = onAnomaly;
  }

  ended?(operation: Operation, standing: Standing): void;
  started?(start: Start, data: Started | undefined): void;
  objectEnded?(object: TrackedObject): void;
  event?(event: Event): void;
  sessionEnded?(session: SessionState): void;
  routed?(operation: Operation, entry: Served): void;
  logged?(request: LoggedRequest, complete: boolean): void;
  /** Updates the counts that are computed only when they are needed, such as the size of a set. */
  recount?(): void;
  /** Called at the end of the run, before the last call of `recount`. Reports what only the whole run shows. */
  settle?(): void;
  /** Changes the conclusion, if the check decides by more than its counts. */
  conclusion?(fromCounts: Conclusion): Conclusion;

  /**
   * Counts an anomaly. Keeps and returns it if it is one of the first with its name.
   *
   * @param name the name of the anomaly; by default the first one of the guarantee
   */
  report(make: () => Violation, name?: string): Anomaly | undefined {
    this.count.violations++;
    return this.show(make, name);
  }

  /**
   * Counts an anomaly whose only proof is a response that looks signed in. If the app shows the pages of this
   * user to other users too, the response proves nothing. Then the anomaly is not counted. If this is seen
   * later, the anomaly is withdrawn at the end of the run.
   */
  reportSignedIn({ sawUser, user }: Operation, make: () => Violation, name?: string): Anomaly | undefined {
    const shown = sawUser ?? user;
    if (this.#seen.bled.has(shown)) {
      this.count.doubtful++;
      return undefined;
    }
    const of = getOrInsert(this.#signedIn, shown, () => ({ violations: 0, kept: [] }));
    of.violations++;
    const anomaly = this.report(make, name);
    if (anomaly !== undefined) of.kept.push(anomaly);
    else if (of.violations === 1 && this.#reserve.length < KEPT)
      this.#reserve.push({ user: shown, anomaly: this.#anomaly(make(), name) });
    return anomaly;
  }

  /** Withdraws the anomalies of users whose pages were later shown to other users. */
  #withdraw(): void {
    for (const [user, { violations, kept }] of this.#signedIn) {
      if (!this.#seen.bled.has(user)) continue;
      this.count.violations -= violations;
      this.count.doubtful += violations;
      this.#kept = this.#kept.filter(anomaly => !kept.includes(anomaly));
    }
    if (this.#kept.length === 0)
      for (const { user, anomaly } of this.#reserve) if (!this.#seen.bled.has(user)) this.#kept.push(anomaly);
    this.#signedIn.clear();
  }

  /** Keeps an anomaly like `report`, but does not count it. The caller counts it. */
  show(make: () => Violation, name?: string): Anomaly | undefined {
    const called = name ?? this.#firstName();
    const known = this.#of.get(called) ?? 0;
    if (known >= KEPT) return undefined;
    this.#of.set(called, known + 1);
    const anomaly = this.#anomaly(make(), called);
    this.#kept.push(anomaly);
    this.#onAnomaly?.(anomaly);
    return anomaly;
  }

  #firstName(): string {
    const [first = ''] = GUARANTEES[this.#declaration.guarantee].anomalies as readonly string[];
    return first;
  }

  #anomaly({ at, summary, witness, notes = [] }: Violation, name = this.#firstName()): Anomaly {
    return {
      ...{ name, guarantee: this.#declaration.guarantee },
      ...(at === undefined ? {} : { session: at.session, user: at.user }),
      ...{ summary, witness, notes },
    };
  }

  counts(): Counts {
    this.recount?.();
    const count: Counted<C> & { tried?: NamedCounts } = this.count;
    if (count.tried !== undefined) for (const instance of this.#seen.instances) count.tried[instance] ??= 0;
    return count as unknown as Counts;
  }

  finish(): CheckFinding {
    this.settle?.();
    this.#withdraw();
    this.counts();
    const conclusion = concludeFrom(this.#declaration, this.count, this.run);
    return { ...(this.conclusion?.(conclusion) ?? conclusion), anomalies: this.#kept };
  }
}

/** Returns the 95 % upper bound of a rate as a text, such as `at most 0.3 %`, after `n` trials without a violation. */
export const atMost = (n: number): string => `at most ${percent(upperBound(0, n))}`;

/**
 * Describes a count that is too low: `3 handoffs among 9 requests, 10 are needed: run for longer`.
 *
 * @param where a text after the noun, such as ` among 9 requests`; may be empty
 * @param how how to get more, such as `run for longer`; may be empty
 * @returns undefined if the count is at least `least`
 */
export const few = (n: number, least: number, noun: string, where = '', how = ''): string | undefined =>
  n >= least ? undefined : `${counted(n, noun)}${where}, ${least} are needed${how === '' ? '' : `: ${how}`}`;

/** Says that the data of lost sessions is not judged; undefined if no session was lost. */
export const brokenContinuity = (
  lost: number,
  what = 'the data of such sessions cannot be judged',
): string | undefined =>
  lost === 0 ? undefined : `continuity is broken in ${counted(lost, 'session')}: ${what}`;

/** Returns an empty map of counts. It has no prototype, so an instance may have any name, even `constructor`. */
export const tally = (): NamedCounts => Object.create(null);

/** Adds 1 to the count of an instance; does nothing if the instance is not known. */
export function addTo(counts: NamedCounts, instance: string | undefined): void {
  if (instance !== undefined) counts[instance] = (counts[instance] ?? 0) + 1;
}

/** Returns the number of instances with a count above 0. */
export const reached = (counts: NamedCounts): number =>
  Object.values(counts).filter(times => times > 0).length;

/** Names the instances whose count is 0: `0 replays on app-1; 1 on each instance is needed`. */
export function untried(counts: NamedCounts, noun: string): string | undefined {
  const names = Object.keys(counts).filter(instance => counts[instance] === 0);
  if (names.length === 0) return undefined;
  const each = names.sort().map(instance => `${counted(0, noun)} on ${instance}`);
  return `${each.join(', ')}; 1 on each instance is needed`;
}
