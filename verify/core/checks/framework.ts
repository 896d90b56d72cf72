/** Keeps the counts and the first anomalies of a check, and concludes its verdict: the part that all checks share. */

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
  /** The fault ledger of the run. It receives each event before the checks do. */
  faults: FaultLedger;
  seen: SeenInRun;
  onAnomaly: OnAnomaly | undefined;
}

/**
 * The counts of a check. `violations`: the number of its anomalies. `doubtful`: the number of signed-in responses that
 * prove no anomaly, because the app shows the user's pages to other users.
 */
type Counted<C> = C & { violations: number; doubtful: number };

/** The declaration of a check. `C` is the type of its counts. */
export interface Declaration<C> extends Pick<Check, 'guarantee' | 'assumes' | 'minimum'> {
  /** Returns the counts at the begin of a run. */
  counts(): C;
  /** The class that judges one run. */
  judge: new (
    declaration: Declaration<C>,
    context: CheckContext,
  ) => Fold;
  /** Returns the number of violations. By default: the number of reported anomalies. */
  violations?(counts: Counted<C>, run: Run): number;
  /** Returns the number of comparisons that could have shown a violation. With 0 the verdict is unknown. */
  compared(counts: Counted<C>): number;
  /** Returns which evidence is missing and how to get it; undefined if there is enough. */
  missing(counts: Counted<C>, run: Run): string | undefined;
  /** Returns the counts that reports show, by name, in display order. */
  rests(counts: Counted<C>, run: Run): Record<string, number>;
  /** Describes what a valid verdict rules out. */
  rulesOut(counts: Counted<C>, run: Run): string;
  /** Describes how much was violated: `3 sessions lost`. */
  broken(violations: number, counts: Counted<C>, run: Run): string;
  /** Returns remarks, each with the condition under which the verdict shows it. A remark is not a violation. */
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

/** Returns why a verdict is unknown: the app shows pages of a user to others. Undefined if no response is doubtful. */
const doubt = (doubtful: number): string | undefined =>
  doubtful === 0
    ? undefined
    : `isolation is broken: pages of a user were shown to other users, so ${counted(doubtful, 'response')} that ` +
      `${doubtful === 1 ? 'looks signed in proves' : 'look signed in prove'} nothing`;

/** An anomaly without the names that the framework adds. */
export interface Violation {
  /** The operation that shows the anomaly; its session and user are those of the anomaly. */
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
  /** By user: the anomalies whose only proof is a response that is signed in as this user. */
  readonly #signedIn = new Map<string, { violations: number; kept: Anomaly[] }>();
  /** An anomaly of each further user, for the case that all kept anomalies are withdrawn. */
  readonly #reserve: { user: string; anomaly: Anomaly }[] = [];
  /** By anomaly name: the number of kept anomalies. Each name has its own limit, so that one cannot displace others. */
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
  /** Sets the counts that are computed only when the counts are read, such as sizes of sets. */
  recount?(): void;
  /** Called at the end of the run, before the counts are read for the last time. */
  settle?(): void;
  /** Returns the conclusion of the run, if more than the counts decides it. */
  conclusion?(fromCounts: Conclusion): Conclusion;

  /**
   * Counts an anomaly. Keeps and returns it if it is one of the first of its name.
   *
   * @param name by default the first anomaly of the guarantee
   */
  report(make: () => Violation, name?: string): Anomaly | undefined {
    this.count.violations++;
    return this.show(make, name);
  }

  /**
   * Counts an anomaly that only a signed-in response proves. If the app shows the pages of this user to other users,
   * the response proves nothing. Then the anomaly is not counted, or is withdrawn at the end of the run.
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

  /** Like `report`, but the check itself counts the anomaly. */
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

/** Returns the 95 % upper bound of a rate, if none of `n` trials was a violation: `at most 0.3 %`. */
export const atMost = (n: number): string => `at most ${percent(upperBound(0, n))}`;

/**
 * Describes a count that is too low: `3 handoffs among 9 requests, 10 are needed: run for longer`.
 *
 * @param where text after the noun, with a space before it, or empty
 * @param how how to get more, for the end of the text
 * @returns undefined if the count is at least `least`
 */
export const few = (n: number, least: number, noun: string, where = '', how = ''): string | undefined =>
  n >= least ? undefined : `${counted(n, noun)}${where}, ${least} are needed${how === '' ? '' : `: ${how}`}`;

/** Describes why the data of lost sessions is not judged; undefined if no session was lost. */
export const brokenContinuity = (
  lost: number,
  what = 'the data of such sessions cannot be judged',
): string | undefined =>
  lost === 0 ? undefined : `continuity is broken in ${counted(lost, 'session')}: ${what}`;

/** Returns counts without entries. They have no prototype, so an instance may have any name, even `constructor`. */
export const tally = (): NamedCounts => Object.create(null);

/** Adds 1 to the count of an instance; does nothing if the instance is not known. */
export function addTo(counts: NamedCounts, instance: string | undefined): void {
  if (instance !== undefined) counts[instance] = (counts[instance] ?? 0) + 1;
}

/** Returns the number of instances that have a count. */
export const reached = (counts: NamedCounts): number =>
  Object.values(counts).filter(times => times > 0).length;

/** Describes the instances without a count: `0 replays on app-1; 1 on each instance is needed`. */
export function untried(counts: NamedCounts, noun: string): string | undefined {
  const names = Object.keys(counts).filter(instance => counts[instance] === 0);
  if (names.length === 0) return undefined;
  const each = names.sort().map(instance => `${counted(0, noun)} on ${instance}`);
  return `${each.join(', ')}; 1 on each instance is needed`;
}
