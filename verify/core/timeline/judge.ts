/** Gives each event of a history to every check, in one pass, and makes the result. */

import type { Check, CheckFinding, Counts, Fold, OnAnomaly } from '../checks/check.ts';
import { FaultLedger } from '../faults/ledger.ts';
import { summaryOf } from '../faults/summary.ts';
import { amidFaults } from '../faults/window.ts';
import type { End, Event, Fingerprint, Finish, Operation, Run, Start } from '../history/history.ts';
import { joined } from '../history/joined.ts';
import { HistoryError } from '../history/parse.ts';
import { Objects } from '../objects/objects.ts';
import type { ReadFacts } from '../objects/read-facts.ts';
import { untriedAges } from '../result/ages.ts';
import { counted } from '../result/format.ts';
import { GUARANTEES, type Guarantee, isGuarantee } from '../result/guarantees.ts';
import { type Result, type Tally, unhealed } from '../result/result.ts';
import { Tallying } from '../result/tally.ts';
import { brokenUnclaimed, combine, type Verdict } from '../result/verdict.ts';
import { Clocks } from './clocks.ts';
import { RequestLogs } from './request-logs.ts';
import { type SessionState, Sessions } from './sessions.ts';

/**
 * Judges a run while its events come in: during the run, inside k6, or from a file. Its state grows with open sessions.
 */
export class Judge {
  readonly #run: Run;
  readonly #folds: { check: Check; fold: Fold }[];
  readonly #starting: Fold[];
  readonly #ending: Fold[];
  readonly #sessions: Sessions;
  readonly #objects: Objects;
  readonly #clocks = new Clocks();
  readonly #faults: FaultLedger;
  /** Undefined in k6, which needs only the counts of the checks. */
  readonly #tally: Tallying | undefined;
  /** Undefined if the run has no logs. */
  readonly #logs: RequestLogs | undefined;
  readonly #open = new Map<number, Start>();
  /** What the last operation proves about its object; undefined if it was no read of a live session. */
  reads: ReadFacts | undefined;
  #finish: Finish | undefined;
  #fingerprint: Fingerprint | undefined;

  /**
   * @param checks k6 leaves out checks that a script does not need
   * @param onAnomaly called at once with the first few anomalies of each check
   * @param wanted `counts` if only `counts()` will be called, as in k6
   * @throws HistoryError if the run claims an unknown guarantee
   */
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
    const faults = new FaultLedger(run, wanted === 'result');
    this.#faults = faults;
    if (wanted === 'result') this.#tally = new Tallying(faults);
    this.#folds = checks.map(check => ({
      check,
      fold: check.start(run, onAnomaly, faults, this.#sessions),
    }));
    const folds = this.#folds.map(({ fold }) => fold);
    this.#starting = folds.filter(fold => fold.started !== undefined);
    this.#ending = folds.filter(fold => fold.ended !== undefined);
    if (run.logs.length > 0) this.#logs = new RequestLogs(run, faults, folds);
  }

  /** @throws HistoryError if the event cannot follow the earlier events */
  step(event: Event): void {
    switch (event.type) {
      case 'start':
        this.#started(event);
        break;
      case 'end':
        this.#ended(this.#assemble(event));
        break;
      case 'op':
        this.#clocks.place(event, 'call');
        this.#clocks.place(event, 'return');
        this.#ended(event);
        break;
      case 'clock':
        this.#clocks.add(event);
        break;
      case 'run':
        throw new HistoryError('a second "run" line: expected one history in a file');
      default:
        this.#other(event);
    }
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
      throw new HistoryError(`the end of operation ${end.id}, which was never started`);
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
    this.#faults.ended(operation, standing);
    this.#tally?.ended(operation, standing);
    // A loop with an index: in k6, one step of `for … of` takes as long as a check.
    for (let i = 0; i < this.#ending.length; i++) this.#ending[i]?.ended?.(operation, standing);
    this.#logs?.ended(operation);
  }

  #other(event: Event): void {
    if (event.type === 'finish') this.#finish = event;
    if (event.type === 'fingerprint') this.#fingerprint = event;
    if (event.type === 'fault') this.#sessions.disturbed();
    if (event.type === 'served') this.#logs?.served(event);
    this.#objects.event(event);
    this.#faults.event(event);
    for (const { fold } of this.#folds) fold.event?.(event);
    if (event.type !== 'session' || event.event !== 'ended') return;
    const session = this.#sessions.sessionEnded(event.session);
    this.#objectsEnded(event);
    if (session !== undefined) this.#sessionEnded(session);
  }

  #objectsEnded(session: Pick<SessionState, 'session' | 'user'>): void {
    for (const object of this.#objects.sessionEnded(session)) {
      this.#faults.objectEnded(object);
      for (const { fold } of this.#folds) fold.objectEnded?.(object);
    }
  }

  #sessionEnded(session: SessionState): void {
    this.#faults.sessionEnded(session);
    for (const { fold } of this.#folds) fold.sessionEnded?.(session);
  }

  counts(): { guarantee: Guarantee; counts: Counts }[] {
    return this.#folds.map(({ check, fold }) => ({ guarantee: check.guarantee, counts: fold.counts() }));
  }

  /** @param remarks remarks of the reader of the history */
  finish(remarks: readonly string[] = []): Result {
    const tallying = this.#tally;
    if (tallying === undefined)
      throw new Error('finish: expected a Judge with wanted = result, got wanted = counts');
    // Their end was not recorded, so they may take effect at any time after they were sent.
    for (const start of this.#open.values()) {
      this.#ended(joined(start, { id: start.id, outcome: 'info', note: 'never ended' }));
    }
    for (const session of this.#sessions.open()) {
      this.#objectsEnded(session);
      this.#sessionEnded(session);
    }
    this.#faults.finish();
    this.#logs?.finish();
    const findings = new Map(this.#folds.map(({ check, fold }) => [check.guarantee, fold.finish()]));
    const guarantees = this.#verdicts(findings);
    const faults = summaryOf(this.#faults.windows);
    const tally = tallying.finish();
    const added = this.#remarks(guarantees, tally);
    const { run, target, url, seed, started, command } = this.#run;
    return {
      ...{ format: 'baton-result', version: 1, run, target, url, seed, started, command },
      finished: this.#finish?.reason ?? 'cut off',
      judgement: combine(guarantees.filter(v => v.claimed).map(v => v.judgement)),
      guarantees,
      tally,
      ...(faults.length === 0 ? {} : { faults }),
      remarks: [...remarks, ...added, ...unhealed({ faults })],
    };
  }

  #remarks(guarantees: readonly Verdict[], tally: Tally): string[] {
    return [
      ...(this.#finish === undefined ? [CUT_OFF] : (this.#finish.remarks ?? [])),
      ...brokenUnclaimed(guarantees).map(unclaimedRemark),
      ...(tally.resent ? [resentRemark(tally.resent)] : []),
      ...refusedRemark(this.#sessions.refused()),
      ...this.#objects.remarks(),
      ...untriedAges(this.#run, tally),
      ...(tally.namedBy === undefined && this.#fingerprint ? [lookRemark(this.#fingerprint)] : []),
    ];
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
      verdicts.push({
        guarantee: claim,
        claimed: true,
        judgement: 'unknown',
        why: `this version of Baton does not judge it yet (${GUARANTEES[claim].holds})`,
        rests: {},
        finding: '',
        violations: 0,
        anomalies: [],
      });
    }
    return verdicts;
  }
}

const CUT_OFF = 'the history has no last line: the run was cut off, and only the recorded part is judged';

const unclaimedRemark = ({ guarantee, finding }: Verdict): string =>
  `${guarantee} is not claimed, but was violated: ${finding}`;

const resentRemark = (times: number): string =>
  `${counted(times, 'read')} ${times === 1 ? 'was' : 'were'} sent again on a new connection, as browsers do: the ` +
  'server closed the kept-alive connection at that moment, as a balancer does on a reload';

/** Maximum number of users that a remark names. */
const NAMED = 5;

function refusedRemark(refused: readonly (readonly [user: string, times: number])[]): string[] {
  if (refused.length === 0) return [];
  const names = refused.slice(0, NAMED).map(([user, times]) => `${user} (${times} times)`);
  return [
    `every login of ${names.join(', ')}${refused.length > NAMED ? ` and ${refused.length - NAMED} more` : ''} was refused: ` +
      'see the passwords in `accounts`, unless `continuity` shows that logins fail between two instances. ' +
      'Refusals of an account that no instance accepts are not judged',
  ];
}

function lookRemark({ instances, by }: Fingerprint): string {
  const looks =
    instances === 1
      ? 'all answers look as if from one'
      : `by ${by.join(' and ')} the answers look as if from ${instances}`;
  return `nothing names the instance that answered; ${looks}. That is a guess and proves nothing: add \`instance\`, or give --logs`;
}
