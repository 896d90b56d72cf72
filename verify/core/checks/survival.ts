/** survival: at the final reads, the declared share of sessions and acknowledged writes outlived each fault. */
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  counted,
  ENOUGH_HANDOFFS,
  type Finding,
  type Fold,
  grouped,
  percent,
  reader,
  type Tell,
} from '../check.ts';
import type { Event, Operation, Run, Start } from '../history.ts';
import { honoured, type SessionState, type Standing } from '../sessions.ts';
import { upperBound } from '../statistics.ts';
import type { Anomaly, WitnessStep } from '../verdict.ts';
import { budgetOf, idle, titleOf, type Window, Windows } from '../windows.ts';
import { Writes } from './writes.ts';

export const survival: Check = {
  guarantee: 'survival',
  assumes: 'final reads are marked by the phase `final`; faults are timed by the run’s clock',
  minimum: `for each fault, which was seen to take effect, ${ENOUGH_HANDOFFS} sessions from before it that were asked for at the end`,
  start: (run, tell) => new Survival(run, tell),
  conclude: concluded,
};

/** More faults than these are not told one by one. */
const TOLD = 12;
/** Witnesses that are kept for each fault. */
const KEPT = 3;

/** What became of what was there before a fault. */
export interface Toll {
  window: Window;
  sessions: { survived: number; gone: number };
  writes: { survived: number; gone: number };
  /** Those that show it best: the first few. */
  examples: { session: WitnessStep[][]; write: WitnessStep[][] };
}

class Survival implements Fold {
  readonly #run: Run;
  readonly #anomalies: Anomalies;
  readonly #windows = new Windows();
  readonly #tolls: Toll[] = [];
  readonly #writes = new Writes();
  /** Sessions that were asked at the end, and how. */
  readonly #asked = new Map<SessionState, { last: Operation; alive: boolean }>();
  #final = false;

  constructor(run: Run, tell?: Tell) {
    this.#run = run;
    this.#anomalies = new Anomalies(tell);
  }

  event(event: Event): void {
    if (event.type === 'phase') this.#final = event.phase === 'final';
    if (event.type === 'object') this.#writes.declared(event);
    const window = this.#windows.event(event);
    if (window === undefined || this.#tolls.some(toll => toll.window === window)) return;
    this.#writes.faults++;
    this.#tolls.push({
      window,
      sessions: { survived: 0, gone: 0 },
      writes: { survived: 0, gone: 0 },
      examples: { session: [], write: [] },
    });
  }

  started(start: Start): void {
    if (start.object !== undefined) this.#writes.started(start);
  }

  ended(operation: Operation, { session, live }: Standing): void {
    if (operation.object !== undefined) this.#writes.ended(operation, this.#final);
    if (!this.#final || operation.with !== undefined || this.#tolls.length === 0) return;
    const alive = honoured(operation);
    if (alive === undefined || session.login === undefined || session.logout !== undefined) return;
    // Within reach of its timeout either answer is right; one that was lost before may be back.
    if (!live && session.lost === undefined) return;
    const asked = this.#asked.get(session);
    if (asked === undefined) this.#asked.set(session, { last: operation, alive });
    else if (alive) asked.alive = true;
  }

  sessionEnded(session: SessionState): void {
    this.#writes.sessionEnded(session.session, this.#tolls);
    const asked = this.#asked.get(session);
    this.#asked.delete(session);
    const { login, lost, last, logout } = session;
    if (login?.return === undefined || (logout !== undefined && asked === undefined)) return;
    if (asked?.alive === true) this.#lived(login, asked.last.call);
    else if (lost !== undefined) this.#gone(login, last ?? login, lost);
  }

  /** Honoured at the end: it outlived whatever began after its login. */
  #lived({ return: born = 0 }: Operation, end: number): void {
    for (const { window, sessions } of this.#tolls) {
      if (window.begin > born && window.begin <= end) sessions.survived++;
    }
  }

  /** Lost between its last honoured request and the one that was refused: the faults in between may have done it. */
  #gone(login: Operation, last: Operation, lost: Operation): void {
    const born = login.return ?? 0;
    for (const { window, sessions, examples } of this.#tolls) {
      const { begin, end = Number.POSITIVE_INFINITY } = window;
      if (begin <= born || begin > (lost.return ?? lost.call)) continue;
      if (end < last.call) {
        sessions.survived++;
        continue;
      }
      sessions.gone++;
      if (examples.session.length >= KEPT) continue;
      examples.session.push([
        { operation: last, came: last === login ? 'logged in' : 'the session lived' },
        { operation: lost, expected: `signed in as ${lost.user}`, came: 'signed out' },
      ]);
    }
  }

  counts(): Counts {
    const counts: Record<string, number> = {
      faults: this.#tolls.length,
      idle: this.#tolls.filter(({ window }) => !window.closed || window.bit !== true).length,
      final: Number(this.#final),
      exceeded: this.#anomalies.count,
    };
    for (const { window, sessions, writes } of this.#tolls) {
      const title = countedAs(window);
      counts[`${title}: sessions`] = sessions.survived + sessions.gone;
      counts[`${title}: sessions gone`] = sessions.gone;
      counts[`${title}: writes`] = writes.survived + writes.gone;
      counts[`${title}: writes gone`] = writes.gone;
    }
    return counts;
  }

  finish(): Finding {
    this.#writes.finish(this.#tolls);
    for (const toll of this.#tolls) {
      if (toll.window.bit === true) this.#hold(toll, budgetOf(this.#run.declared, toll.window).survival ?? 1);
    }
    const vain = idle(this.#windows.all);
    const conclusion = concluded(this.counts());
    return {
      ...conclusion,
      ...(conclusion.judgement === 'unknown' && vain !== undefined ? { why: vain } : {}),
      anomalies: this.#anomalies.kept,
    };
  }

  #hold({ window, sessions, writes, examples }: Toll, budget: number): void {
    if (exceeds(sessions, budget)) {
      this.#anomalies.add(() => gone(window, sessions, 'session', budget, examples.session[0] ?? []));
    }
    if (exceeds(writes, budget)) {
      this.#anomalies.add(() => gone(window, writes, 'acknowledged write', budget, examples.write[0] ?? []));
    }
  }
}

interface Share {
  survived: number;
  gone: number;
}

/** With room for what floating point makes of 0.99. */
const exceeds = ({ survived, gone }: Share, budget: number): boolean =>
  gone > (1 - budget) * (survived + gone) + 1e-9;

function gone(window: Window, share: Share, what: string, budget: number, witness: WitnessStep[]): Anomaly {
  const all = share.survived + share.gone;
  const of = witness[0]?.operation;
  return {
    name: 'GONE',
    guarantee: 'survival',
    ...(of === undefined ? {} : { session: of.session, user: of.user }),
    summary:
      `${grouped(share.gone)} of ${counted(all, what)} did not outlive ${titleOf(window)}` +
      (budget < 1 ? `; ${percent(budget)} must` : ''),
    witness,
    notes: [],
  };
}

const countedAs = (window: Window): string => `#${window.id} ${titleOf(window)}`;

/** @returns what the counts say of one fault: what was there before it, and what of that was gone afterwards */
export function tollOf(of: ReturnType<typeof reader>, window: Window) {
  const title = countedAs(window);
  return {
    ...{ sessions: of(`${title}: sessions`), gone: of(`${title}: sessions gone`) },
    ...{ writes: of(`${title}: writes`), lost: of(`${title}: writes gone`) },
  };
}

/** What the counts say of each fault, in the order of the faults. */
function faultsOf(counts: Counts): { title: string; sessions: Share; writes: Share }[] {
  const of = reader(counts);
  const titles = Object.keys(counts).flatMap(name =>
    name.endsWith(': sessions') ? [name.slice(0, -10)] : [],
  );
  return titles.map(title => {
    const share = (what: string): Share => {
      const lost = of(`${title}: ${what} gone`);
      return { survived: of(`${title}: ${what}`) - lost, gone: lost };
    };
    return { title: title.replace(/^#\d+ /, ''), sessions: share('sessions'), writes: share('writes') };
  });
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const faults = faultsOf(counts);
  const sum = (share: (fault: (typeof faults)[number]) => number) => faults.reduce((n, f) => n + share(f), 0);
  const rests = {
    faults: of('faults'),
    'sessions from before': sum(({ sessions }) => sessions.survived + sessions.gone),
    'writes from before': sum(({ writes }) => writes.survived + writes.gone),
  };
  const finding = faults.length > TOLD ? toldTogether(faults) : faults.map(told).join('; ');
  return conclude(of('exceeded'), missing(counts), rests, finding);
}

/** Of many faults, the sums: result and report have them one by one. */
function toldTogether(faults: ReturnType<typeof faultsOf>): string {
  const sum = (share: (fault: (typeof faults)[number]) => Share): Share =>
    faults.map(share).reduce((a, b) => ({ survived: a.survived + b.survived, gone: a.gone + b.gone }));
  const all = { sessions: sum(({ sessions }) => sessions), writes: sum(({ writes }) => writes) };
  return told({ title: `${faults.length} faults, sessions counted for each`, ...all });
}

function told({ title, sessions, writes }: ReturnType<typeof faultsOf>[number]): string {
  const all = sessions.survived + sessions.gone;
  const least = 1 - upperBound(sessions.gone, all);
  const written = writes.survived + writes.gone;
  return (
    `${title}: ${grouped(sessions.survived)} of ${counted(all, 'session')} survived (≥ ${percent(least)} at 95 %)` +
    (written === 0 ? '' : `, ${grouped(writes.survived)} of ${counted(written, 'acknowledged write')}`)
  );
}

function missing(counts: Counts): string | undefined {
  const of = reader(counts);
  if (of('faults') === 0) return 'there was no fault to survive: run with faults';
  if (of('idle') > 0) return `${counted(of('idle'), 'fault')} not seen to take effect`;
  if (of('final') === 0) return 'there were no final reads: let the run end by itself';
  const few = faultsOf(counts).find(({ sessions }) => sessions.survived + sessions.gone < ENOUGH_HANDOFFS);
  if (few === undefined) return undefined;
  const asked = few.sessions.survived + few.sessions.gone;
  return `${counted(asked, 'session')} from before ${few.title} asked for at the end, ${ENOUGH_HANDOFFS} are needed`;
}
