/** Gives each event of a history to every check, in one pass, and makes the result. */
import {
  type Check,
  type CheckFinding,
  type Counts,
  conclude,
  type Fold,
  type OnAnomaly,
} from '../checks/check.ts';
import { FaultLedger } from '../faults/ledger.ts';
import { Losses } from '../faults/losses.ts';
import { summaryOf } from '../faults/summary.ts';
import { amidFaults } from '../faults/window.ts';
import type { End, Event, Fingerprint, Finish, Operation, Run, Start } from '../history/history.ts';
import { joined } from '../history/joined.ts';
import { HistoryError } from '../history/parse.ts';
import { Objects } from '../objects/objects.ts';
import type { ReadFacts } from '../objects/read-facts.ts';
import { GUARANTEES, type Guarantee, isGuarantee } from '../result/guarantees.ts';
import { headOf, type Result, unhealed } from '../result/result.ts';
import { Tallying } from '../result/tally.ts';
import { combine, type Verdict } from '../result/verdict.ts';
import { Clocks } from './clocks.ts';
import { RefusedWrites } from './refused-writes.ts';
import { remarksOn } from './remarks.ts';
import { RequestLogs } from './request-logs.ts';
import { type SessionState, Sessions } from './sessions.ts';

/** The methods of a check that the judge calls for the events of a history, except the methods for logs. */
type Listener = Omit<Fold, 'counts' | 'finish' | 'routed' | 'logged'>;

/** Judges a run while its events come in. Its memory grows with the open sessions, not with the requests. */
export class Judge {
  readonly #run: Run;
  readonly #checks: { guarantee: Guarantee; fold: Fold }[];
  readonly #listeners: Listener[];
  readonly #starting: Listener[];
  readonly #ending: Listener[];
  readonly #sessions: Sessions;
  readonly #objects: Objects;
  readonly #clocks = new Clocks();
  readonly #faults: FaultLedger;
  readonly #losses: Losses;
  /** Makes the counts of the result. Undefined if the caller needs no result, as in k6. */
  readonly #tally: Tallying | undefined;
  /** Joins requests with log entries. Undefined if the run has no logs. */
  readonly #logs: RequestLogs | undefined;
  readonly #refusedWrites = new RefusedWrites();
  readonly #open = new Map<number, Start>();
  /** What the last operation proves about its object. Set only for a read of a live session. */
  reads: ReadFacts | undefined;
  #finish: Finish | undefined;
  #fingerprint: Fingerprint | undefined;

  /** @param wanted `counts` if the caller needs no result. @throws HistoryError if an unknown guarantee is claimed */
  constructor(
    run: Run,
    checks: readonly Check[],
    onAnomaly?: OnAnomaly,
    wanted: 'result' | 'counts' = 'result',
  ) {
    const unknown = run.claims.find(claim => !isGuarantee(claim));
    if (unknown !== undefined)
      throw new HistoryError(`"claims": unknown guarantee ${JSON.stringify(unknown)}`);
    this.#run = run;
    this.#sessions = new Sessions(run);
    this.#objects = new Objects(run.canary);
    const faults = new FaultLedger(run);
    this.#faults = faults;
    this.#losses = new Losses(faults.windows);
    if (wanted === 'result') this.#tally = new Tallying(faults);
    this.#checks = checks.map(check => ({
      guarantee: check.guarantee,
      fold: check.start(run, onAnomaly, faults, this.#sessions),
    }));
    const folds = this.#checks.map(({ fold }) => fold);
    if (run.logs.length > 0) this.#logs = new RequestLogs(run, faults, folds);
    const others = [this.#tally, ...folds, this.#logs].filter(listener => listener !== undefined);
    const ofResult = wanted === 'result' ? [this.#losses, this.#refusedWrites] : [];
    this.#listeners = [faults, ...ofResult, ...others];
    this.#starting = folds.filter(fold => fold.started !== undefined);
    this.#ending = this.#listeners.filter(listener => listener.ended !== undefined);
  }

  /** Passes the next event to all checks. @throws HistoryError if the event cannot follow the earlier events */
  step(event: Event): void {
    if (event.type === 'start') this.#started(event);
    else if (event.type === 'end') this.#ended(this.#assemble(event));
    else if (event.type === 'op') {
      this.#clocks.place(event, 'call');
      this.#clocks.place(event, 'return');
      this.#ended(event);
    } else if (event.type === 'clock') this.#clocks.add(event);
    else if (event.type !== 'run') this.#other(event);
    else throw new HistoryError('a second "run" line: expected one history in a file');
  }

  #started(start: Start): void {
    if (this.#open.has(start.id)) throw new HistoryError(`operation ${start.id} was started twice`);
    this.#open.set(start.id, start);
    this.#clocks.place(start, 'call');
    this.#sessions.started(start);
    const data = this.#objects.started(start);
    for (let i = 0; i < this.#starting.length; i++) this.#starting[i]?.started?.(start, data);
  }

  #assemble(end: End): Operation {
    const start = this.#open.get(end.id);
    if (start === undefined)
      throw new HistoryError(`operation ${end.id}: expected a start line before its end line, found none`);
    this.#open.delete(end.id);
    const operation = joined(start, end);
    this.#clocks.place(operation, 'return');
    return operation;
  }

  #ended(operation: Operation): void {
    const standing = this.#sessions.ended(operation);
    const shows = standing.live && standing.session.lost === undefined;
    standing.data = this.#objects.ended(operation, shows);
    this.reads = standing.data?.reads;
    // Uses an index, because iterators are slow in k6.
    for (let i = 0; i < this.#ending.length; i++) this.#ending[i]?.ended?.(operation, standing);
  }

  #other(event: Event): void {
    if (event.type === 'finish') this.#finish = event;
    if (event.type === 'fingerprint') this.#fingerprint = event;
    if (event.type === 'fault') this.#sessions.disturbed();
    this.#objects.event(event);
    for (const listener of this.#listeners) listener.event?.(event);
    if (event.type === 'session' && event.event === 'ended')
      this.#sessionEnded(event, this.#sessions.sessionEnded(event.session));
  }

  /** @param state undefined if the session had no operation */
  #sessionEnded(ended: Pick<SessionState, 'session' | 'user'>, state: SessionState | undefined): void {
    for (const object of this.#objects.sessionEnded(ended))
      for (const listener of this.#listeners) listener.objectEnded?.(object);
    if (state !== undefined) for (const listener of this.#listeners) listener.sessionEnded?.(state);
  }

  counts(): { guarantee: Guarantee; counts: Counts }[] {
    return this.#checks.map(({ guarantee, fold }) => ({ guarantee, counts: fold.counts() }));
  }

  /** Ends the judgement, and returns the result. @param remarks remarks of the program that read the history */
  finish(remarks: readonly string[] = []): Result {
    const tallying = this.#tally;
    if (tallying === undefined)
      throw new Error('finish: expected a Judge with wanted = result, got wanted = counts');
    // An operation without an end may take effect at any time after it was sent.
    for (const start of this.#open.values()) {
      this.#ended(joined(start, { id: start.id, outcome: 'info', note: 'never ended' }));
    }
    for (const session of this.#sessions.open()) this.#sessionEnded(session, session);
    this.#losses.finish();
    this.#faults.finish();
    this.#logs?.finish();
    const findings = new Map(this.#checks.map(({ guarantee, fold }) => [guarantee, fold.finish()]));
    const guarantees = this.#verdicts(findings);
    const faults = summaryOf(this.#faults.windows);
    const tally = tallying.finish();
    const of = { run: this.#run, finish: this.#finish, fingerprint: this.#fingerprint, guarantees, tally };
    const added = remarksOn(of, this.#sessions.refused(), [
      ...this.#objects.remarks(),
      ...this.#refusedWrites.remarks(),
    ]);
    return {
      ...headOf(this.#run),
      finished: this.#finish?.reason ?? 'cut off',
      judgement: combine(guarantees.filter(v => v.claimed).map(v => v.judgement)),
      guarantees,
      tally,
      ...(faults.length === 0 ? {} : { faults }),
      remarks: [...remarks, ...added, ...unhealed({ faults })],
    };
  }

  /** Adds a verdict `unknown` for each claimed guarantee that no check judges. */
  #verdicts(findings: ReadonlyMap<Guarantee, CheckFinding>): Verdict[] {
    const claims = new Set(this.#run.claims.filter(isGuarantee));
    const verdicts: Verdict[] = [...findings].map(([guarantee, finding]) => ({
      guarantee,
      claimed: claims.has(guarantee),
      ...finding,
      anomalies: finding.anomalies.map(anomaly => amidFaults(anomaly, this.#faults.windows)),
    }));
    for (const claim of claims) {
      if (findings.has(claim)) continue;
      const why = `this version of Baton does not judge it yet (${GUARANTEES[claim].holds})`;
      verdicts.push({ guarantee: claim, claimed: true, ...conclude(0, why, {}, ''), anomalies: [] });
    }
    return verdicts;
  }
}
