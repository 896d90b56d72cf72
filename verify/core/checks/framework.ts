/** Defines what all checks share: counting, keeping the first anomalies, and making the verdict. */
import type { FaultLedger } from '../faults/ledger.ts';
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation, Run } from '../history/history.ts';
import { counted, percent } from '../result/format.ts';
import { GUARANTEES } from '../result/guarantees.ts';
import { upperBound } from '../result/statistics.ts';
import { type Anomaly, type Step, stepsOf } from '../result/verdict.ts';
import {
  type Check,
  type CheckFinding,
  type Conclusion,
  type Counts,
  conclude,
  Fold,
  type NamedCounts,
  type OnAnomaly,
  type SeenInRun,
} from './check.ts';

export interface CheckContext {
  run: Run;
  faults: FaultLedger;
  seen: SeenInRun;
  onAnomaly: OnAnomaly | undefined;
}

/** `doubtful`: signed-in responses that prove nothing, because the app shows this user's pages to other users. */
type Counted<C> = C & { violations: number; doubtful: number; lost: number };

export interface Declaration<C> extends Pick<Check, 'guarantee' | 'assumes' | 'minimum'> {
  counts: new () => C;
  judge: new (declaration: Declaration<C>, context: CheckContext) => Fold;
  /** Returns the number of violations. By default, this is the number of reported anomalies. */
  violations?(counts: Counted<C>, run: Run): number;
  /** Returns how many comparisons could have shown a violation. If this is 0, the verdict is `unknown`. */
  compared(counts: Counted<C>): number;
  /** Returns which evidence is missing and how to get it; undefined if there is enough evidence. */
  missing(counts: Counted<C>, run: Run): string | undefined;
  /** What this check cannot judge after the loss of a session. If set, a lost session makes the verdict `unknown`. */
  afterLoss?: string;
  /** Returns the counts that reports show, in display order. */
  rests(counts: Counted<C>, run: Run): Record<string, number>;
  /** Returns what a `valid` verdict excludes, such as `at most 0.3 % of adds take effect twice`. */
  rulesOut(counts: Counted<C>, run: Run): string;
  broken(violations: number, counts: Counted<C>, run: Run): string;
  /** Returns remarks on the run that are not violations. A report shows a remark only if its `isTrue` is true. */
  remarks?(counts: Counted<C>): [isTrue: boolean, remark: string][];
}

export function check<C extends object>(declaration: Declaration<C>): Check {
  const { guarantee, assumes, minimum, judge: Judge } = declaration;
  return {
    guarantee,
    assumes,
    minimum,
    start: (run, onAnomaly, faults, seen) => new Judge(declaration, { run, onAnomaly, faults, seen }),
    conclude: (counts, run) =>
      concludeFrom(declaration, { ...new declaration.counts(), ...NONE, ...counts }, run),
  };
}

const NONE = { violations: 0, doubtful: 0, lost: 0 };

function concludeFrom<C>(declaration: Declaration<C>, counts: Counted<C>, run: Run): Conclusion {
  const violations = declaration.violations?.(counts, run) ?? counts.violations;
  const nothing = declaration.compared(counts) === 0 ? 'nothing was compared' : undefined;
  const finding =
    violations === 0 ? declaration.rulesOut(counts, run) : declaration.broken(violations, counts, run);
  const remarks = (declaration.remarks?.(counts) ?? []).filter(([isTrue]) => isTrue);
  return conclude(
    violations,
    doubt(counts.doubtful) ?? loss(counts.lost, declaration) ?? declaration.missing(counts, run) ?? nothing,
    declaration.rests(counts, run),
    [finding, ...remarks.map(([, remark]) => remark)].join('; '),
  );
}

const doubt = (doubtful: number): string | undefined =>
  doubtful === 0
    ? undefined
    : `isolation is broken: pages of a user were shown to other users, so ${counted(doubtful, 'response')} that ` +
      `${doubtful === 1 ? 'looks signed in proves' : 'look signed in prove'} nothing`;

const loss = (lost: number, { afterLoss }: { afterLoss?: string }): string | undefined =>
  lost === 0 || afterLoss === undefined
    ? undefined
    : `continuity is broken in ${counted(lost, 'session')}: ${afterLoss} of such sessions cannot be judged`;

export interface Violation {
  summary: string;
  witness: readonly Step[];
  notes?: string[];
  /** The request whose session and user a report names. Default: the last request with an expected response. */
  at?: Operation | undefined;
}

export const violation = (summary: string, ...witness: readonly Step[]): Violation => ({ summary, witness });

export const KEPT = 5;

/** Base class of all checks, for one run. A check overrides the methods of `Fold` that it needs. */
export abstract class Judging<C extends object> extends Fold {
  readonly run: Run;
  readonly faults: FaultLedger;
  readonly count: Counted<C>;
  readonly #declaration: Declaration<C>;
  readonly #seen: SeenInRun;
  readonly #onAnomaly: OnAnomaly | undefined;
  #kept: Anomaly[] = [];
  /** Key: a user; value: the anomalies whose only proof is a response that looks signed in as this user. */
  readonly #signedIn = new Map<string, { violations: number; kept: Anomaly[] }>();
  /** One unreported anomaly of each user. The report shows one of them if all kept anomalies are withdrawn. */
  readonly #reserve: { user: string; anomaly: Anomaly }[] = [];
  readonly #of = new Map<string, number>();
  readonly #firstName: string;

  constructor(declaration: Declaration<C>, { run, faults, seen, onAnomaly }: CheckContext) {
    super();
    this.run = run;
    this.faults = faults;
    this.count = { ...new declaration.counts(), ...NONE };
    this.#declaration = declaration;
    this.#seen = seen;
    this.#onAnomaly = onAnomaly;
    [this.#firstName = ''] = GUARANTEES[declaration.guarantee].anomalies as readonly string[];
  }

  /** Number of sessions that were lost so far in the run. */
  get lostInRun(): number {
    return this.#seen.lost;
  }

  recount?(): void;
  /** Reports the violations that only the whole run shows. Called at the end of the run. */
  settle?(): void;
  conclusion?(fromCounts: Conclusion): Conclusion;

  /** Counts an anomaly, and returns it if the report keeps it. Default name: the guarantee's first anomaly. */
  report(make: () => Violation, name?: string): Anomaly | undefined {
    this.count.violations++;
    return this.show(make, name);
  }

  /** Reports an anomaly that only a signed-in response proves. It is withdrawn if other users saw this user's pages. */
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

  show(make: () => Violation, name = this.#firstName): Anomaly | undefined {
    const known = this.#of.get(name) ?? 0;
    if (known >= KEPT) return undefined;
    this.#of.set(name, known + 1);
    const anomaly = this.#anomaly(make(), name);
    this.#kept.push(anomaly);
    this.#onAnomaly?.(anomaly);
    return anomaly;
  }

  #anomaly(violation: Violation, name = this.#firstName): Anomaly {
    const { summary, witness, notes = [] } = violation;
    const [wrong] = witness.findLast(([, , expected]) => expected !== undefined) ?? [];
    const at = 'at' in violation ? violation.at : wrong;
    return {
      name,
      guarantee: this.#declaration.guarantee,
      ...(at === undefined ? {} : { session: at.session, user: at.user }),
      summary,
      witness: stepsOf(witness),
      notes,
    };
  }

  counts(): Counts {
    this.recount?.();
    const count: Counted<object> & { tried?: NamedCounts } = this.count;
    if (this.#declaration.afterLoss !== undefined) count.lost = this.lostInRun;
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

/** Returns the 95 % upper bound of a rate, such as `at most 0.3 %`, after `n` trials without a violation. */
export const atMost = (n: number): string => `at most ${percent(upperBound(0, n))}`;

/** Describes a count that is too low for a verdict: `3 handoffs among 9 requests, 10 are needed: run for longer`. */
export const few = (n: number, least: number, noun: string, where = '', how = ''): string | undefined =>
  n >= least ? undefined : `${counted(n, noun)}${where}, ${least} are needed${how === '' ? '' : `: ${how}`}`;

/** Creates counts as an object without a prototype, so that an instance can have any name, even `constructor`. */
export const tally = (): NamedCounts => Object.create(null);

export function addTo(counts: NamedCounts, instance: string | undefined): void {
  if (instance !== undefined) counts[instance] = (counts[instance] ?? 0) + 1;
}

export const reached = (counts: NamedCounts): number =>
  Object.values(counts).filter(times => times > 0).length;

/** Describes which instances have a count of 0: `0 replays on app-1; 1 on each instance is needed`. */
export function untried(counts: NamedCounts, noun: string): string | undefined {
  const names = Object.keys(counts).filter(instance => counts[instance] === 0);
  if (names.length === 0) return undefined;
  const each = names.sort().map(instance => `${counted(0, noun)} on ${instance}`);
  return `${each.join(', ')}; 1 on each instance is needed`;
}
