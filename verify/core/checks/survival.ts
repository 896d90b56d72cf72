/** Checks survival: the final reads show that enough sessions and acknowledged writes survived each fault. */

import type { FaultLedger } from '../faults/ledger.ts';
import { type FaultWindow, idle, type Share, titleOf, tookEffect } from '../faults/window.ts';
import type { Event } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly, WitnessStep } from '../result/verdict.ts';
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  ENOUGH_HANDOFFS,
  type Finding,
  type Fold,
  type OnAnomaly,
  reader,
} from './check.ts';

export const survival: Check = {
  guarantee: 'survival',
  assumes: 'final reads are marked by the phase `final`; faults are timed by the run’s clock',
  minimum:
    `for each fault, which must have taken effect, ${ENOUGH_HANDOFFS} sessions and ${ENOUGH_HANDOFFS} acknowledged ` +
    'writes from before it with a final read',
  start: (_run, onAnomaly, faults) => new Survival(faults, onAnomaly),
  conclude: counts => concluded(counts, []),
};

/** Maximum number of faults that the finding lists one by one. If there are more, it sums them up. */
const NAMED = 12;

class Survival implements Fold {
  readonly #anomalies: Anomalies;
  readonly #faults: FaultLedger;
  #final = false;

  constructor(faults: FaultLedger, onAnomaly?: OnAnomaly) {
    this.#faults = faults;
    this.#anomalies = new Anomalies(onAnomaly);
  }

  event(event: Event): void {
    if (event.type === 'phase') this.#final = event.phase === 'final';
  }

  counts(): Counts {
    return { final: Number(this.#final), exceeded: this.#anomalies.count };
  }

  finish(): Finding {
    const { windows } = this.#faults;
    for (const window of windows) if (tookEffect(window)) this.#judge(window);
    return { ...concluded(this.counts(), windows), anomalies: this.#anomalies.kept };
  }

  /** Reports an anomaly if a fault lost more sessions or writes than its budget allows. */
  #judge(window: FaultWindow): void {
    const { sessions, writes, examples } = window;
    if (exceeds(sessions, window))
      this.#anomalies.add(() => gone(window, sessions, 'session', examples.session[0] ?? []));
    if (exceeds(writes, window))
      this.#anomalies.add(() => gone(window, writes, 'acknowledged write', examples.write[0] ?? []));
  }
}

/** Returns the share of sessions and writes that must survive, 0 to 1. */
const least = ({ budget }: FaultWindow): number => budget.survival ?? 1;
const all = ({ survived, gone: lost }: Share): number => survived + lost;

/** Returns whether more was lost than the budget allows. Tolerates floating-point errors. */
const exceeds = (share: Share, window: FaultWindow): boolean =>
  share.gone > (1 - least(window)) * all(share) + 1e-9;

function gone(window: FaultWindow, share: Share, what: string, witness: WitnessStep[]): Anomaly {
  const of = witness[0]?.operation;
  return {
    name: 'GONE',
    guarantee: 'survival',
    ...(of === undefined ? {} : { session: of.session, user: of.user }),
    summary:
      `${grouped(share.gone)} of ${counted(all(share), what)} did not survive ${titleOf(window)}` +
      (least(window) < 1 ? `; ${percent(least(window))} must` : ''),
    witness,
    notes: [],
  };
}

type Outcome = Pick<FaultWindow, 'sessions' | 'writes'>;

/** @param windows the fault windows; empty for the summed counts of a k6 run, which injects no faults */
function concluded(counts: Counts, windows: readonly FaultWindow[]): Conclusion {
  const total = together(windows);
  const rests = {
    faults: windows.length,
    'sessions from before': all(total.sessions),
    'writes from before': all(total.writes),
  };
  const finding =
    windows.length > NAMED
      ? outcomeOf(`${windows.length} faults, sessions counted for each`, total)
      : windows.map(window => outcomeOf(titleOf(window), window)).join('; ');
  return conclude(reader(counts)('exceeded'), missing(counts, windows), rests, finding);
}

/** Sums up many faults for the finding. The result and the reports still list them one by one. */
function together(windows: readonly Outcome[]): Outcome {
  const sum = (share: (of: Outcome) => Share): Share =>
    windows.map(share).reduce((a, b) => ({ survived: a.survived + b.survived, gone: a.gone + b.gone }), {
      survived: 0,
      gone: 0,
    });
  return { sessions: sum(({ sessions }) => sessions), writes: sum(({ writes }) => writes) };
}

function outcomeOf(title: string, { sessions, writes }: Outcome): string {
  const sure = 1 - upperBound(sessions.gone, all(sessions));
  return (
    `${title}: ${grouped(sessions.survived)} of ${counted(all(sessions), 'session')} survived ` +
    `(≥ ${percent(sure)} at 95 %), ${grouped(writes.survived)} of ${counted(all(writes), 'acknowledged write')}`
  );
}

function missing(counts: Counts, windows: readonly FaultWindow[]): string | undefined {
  if (windows.length === 0) return 'there was no fault to survive: run with faults';
  const without = idle(windows);
  if (without !== undefined) return without;
  if (reader(counts)('final') === 0) return 'there were no final reads: let the run end by itself';
  for (const window of windows) {
    const [sessions, writes] = [all(window.sessions), all(window.writes)];
    const title = titleOf(window);
    if (sessions < ENOUGH_HANDOFFS)
      return `${counted(sessions, 'session')} from before ${title} with a final read, ${ENOUGH_HANDOFFS} are needed`;
    if (writes < ENOUGH_HANDOFFS)
      return (
        `${counted(writes, 'acknowledged write')} from before ${title} with a final read, ${ENOUGH_HANDOFFS} are ` +
        'needed: let sessions add to a set, list or bag without `cap` before it'
      );
  }
  return undefined;
}
