/** Checks survival: enough sessions and acknowledged writes from before each fault still exist at the end. */
import { type FaultWindow, type Survivors, titleOf, tookEffect, withoutEffect } from '../faults/window.ts';
import type { Event } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
import type { Step } from '../result/verdict.ts';
import { type Conclusion, conclude, ENOUGH_HANDOFFS } from './check.ts';
import { check, few, Judging, type Violation } from './framework.ts';

const NAMED = 12;

class NoCounts {}

class Survival extends Judging<NoCounts> {
  #final = false;

  override event(event: Event): void {
    if (event.type === 'phase') this.#final = event.phase === 'final';
  }

  override settle(): void {
    for (const window of this.faults.windows) if (tookEffect(window)) this.#judge(window);
  }

  #judge(window: FaultWindow): void {
    const { sessions, writes, examples } = window;
    if (exceeds(sessions, window))
      this.report(() => gone(window, sessions, 'session', examples.session[0] ?? []));
    if (exceeds(writes, window))
      this.report(() => gone(window, writes, 'acknowledged write', examples.write[0] ?? []));
  }

  override conclusion({ violations }: Conclusion): Conclusion {
    const { windows } = this.faults;
    const missing = missingIn(windows, this.#final);
    return conclude(violations, missing, rests(windows), outcomes(windows));
  }
}

const least = ({ budget }: FaultWindow): number => budget.survival ?? 1;
const all = ({ survived, gone: lost }: Survivors): number => survived + lost;

const exceeds = (share: Survivors, window: FaultWindow): boolean =>
  share.gone > (1 - least(window)) * all(share) + 1e-9;

const gone = (window: FaultWindow, share: Survivors, what: string, witness: readonly Step[]): Violation => ({
  at: witness[0]?.[0],
  summary:
    `${grouped(share.gone)} of ${counted(all(share), what)} did not survive ${titleOf(window)}` +
    (least(window) < 1 ? `; ${percent(least(window))} must` : ''),
  witness,
});

type Outcome = Pick<FaultWindow, 'sessions' | 'writes'>;

function together(windows: readonly Outcome[]): Outcome {
  const sum = (share: (of: Outcome) => Survivors): Survivors => ({
    survived: windows.reduce((total, of) => total + share(of).survived, 0),
    gone: windows.reduce((total, of) => total + share(of).gone, 0),
  });
  return { sessions: sum(({ sessions }) => sessions), writes: sum(({ writes }) => writes) };
}

function rests(windows: readonly FaultWindow[]): Record<string, number> {
  const { sessions, writes } = together(windows);
  return {
    faults: windows.length,
    'sessions from before': all(sessions),
    'writes from before': all(writes),
  };
}

const outcomes = (windows: readonly FaultWindow[]): string =>
  windows.length > NAMED
    ? outcomeOf(`${windows.length} faults (a session is counted once for each fault)`, together(windows))
    : windows.map(window => outcomeOf(titleOf(window), window)).join('; ');

function outcomeOf(title: string, { sessions, writes }: Outcome): string {
  const sure = 1 - upperBound(sessions.gone, all(sessions));
  return (
    `${title}: ${grouped(sessions.survived)} of ${counted(all(sessions), 'session')} survived ` +
    `(≥ ${percent(sure)} at 95 %), ${grouped(writes.survived)} of ${counted(all(writes), 'acknowledged write')}`
  );
}

function missingIn(windows: readonly FaultWindow[], final: boolean): string | undefined {
  if (windows.length === 0) return 'there was no fault to survive: run with faults';
  const without = withoutEffect(windows);
  if (without !== undefined) return without;
  if (!final) return 'no final reads were recorded: do not interrupt the run';
  for (const window of windows) {
    const where = ` from before ${titleOf(window)} with a final read`;
    const how = 'let sessions add to a set, list or bag without `cap` before the fault';
    const missing =
      few(all(window.sessions), ENOUGH_HANDOFFS, 'session', where) ??
      few(all(window.writes), ENOUGH_HANDOFFS, 'acknowledged write', where, how);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

/** In k6, which has no faults, the counts decide the verdict. Elsewhere, the method `conclusion` decides it. */
export const survival = check<NoCounts>({
  guarantee: 'survival',
  assumes:
    'the final reads come after the line of the phase `final`; the history times faults by the clock of the run',
  minimum:
    `for each fault, whose effect must have been seen, ${ENOUGH_HANDOFFS} sessions and ${ENOUGH_HANDOFFS} acknowledged ` +
    'writes from before the fault, with a final read',
  judge: Survival,
  counts: NoCounts,
  compared: () => 0,
  missing: () => missingIn([], false),
  rests: () => rests([]),
  rulesOut: () => outcomes([]),
  broken: () => outcomes([]),
});
