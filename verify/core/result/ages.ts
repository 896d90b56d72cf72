/** Measures for how long sessions were used, so that a verdict claims only what was tried. */
import type { Operation, Run } from '../history/history.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';

/** The longest times that occurred in any session of the run, microseconds. */
export interface Ages {
  /** Longest time from a login to a request of the session, while the session lived. */
  used: number;
  /** Longest time from a login to two overlapping requests of the session. */
  overlapped: number;
  loggedOut: number;
  /** Longest time between two consecutive requests of a session, while the session lived. */
  rested: number;
}

export class AgesTried {
  readonly #ages: Ages = { used: 0, overlapped: 0, loggedOut: 0, rested: 0 };
  readonly #returned = new WeakMap<SessionState, number>();

  ended(operation: Operation, { session, live }: Standing): void {
    const { login, logout } = session;
    if (login?.return === undefined) return;
    const age = operation.call - login.return;
    const before = this.#returned.get(session) ?? login.return;
    this.#returned.set(session, Math.max(before, operation.return ?? operation.call));
    if (operation.action === 'logout' && logout?.id === operation.id && operation.outcome === 'ok')
      this.#longest('loggedOut', age);
    if (!live || operation.outcome !== 'ok') return;
    this.#longest('used', age);
    if (operation.call < before) this.#longest('overlapped', age);
    else this.#longest('rested', operation.call - before);
  }

  #longest(what: keyof Ages, time: number): void {
    this.#ages[what] = Math.max(this.#ages[what], time);
  }

  finish(): Ages | undefined {
    return this.#ages.used === 0 ? undefined : { ...this.#ages };
  }
}

const UNITS = [
  [86_400e6, 'd'],
  [3_600e6, 'h'],
  [60e6, 'min'],
  [1e6, 's'],
] as const;

/** Formats microseconds in the largest unit in which they are at least 1: `30 min`, `9.8 s`. */
export function timeText(time: number): string {
  const [unit, name] = UNITS.find(([size]) => time >= size) ?? [1e6, 's'];
  return `${Number((time / unit).toFixed(1))} ${name}`;
}

/** Returns a remark if the target declares an idle timeout, and no session of the run was used for that long. */
export function untriedAges(
  { declared }: Run,
  { ages, duration }: { ages?: Ages; duration: number },
): string[] {
  const { idle, absolute = Number.POSITIVE_INFINITY } = declared?.expiry ?? {};
  if (ages === undefined || idle === undefined || idle >= absolute || ages.used >= idle) return [];
  return [
    `not tried in ${timeText(duration)}: sessions older than their idle timeout of ${timeText(idle)}; ` +
      'a longer --duration tries them',
  ];
}
