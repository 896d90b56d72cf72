/** Counts the writes of live sessions that the app refused, for example with 403 because of a wrong form token. */
import { isSafe } from '../history/actions.ts';
import type { Operation } from '../history/history.ts';
import { EXPLAINED } from '../response/outcome.ts';
import { counted } from '../result/format.ts';
import { sum } from '../result/statistics.ts';
import type { Standing } from './sessions.ts';

/** Minimum number of refused writes, and minimum share of all writes, for a remark. */
const LEAST = { refused: 3, share: 0.01 };

export class RefusedWrites {
  #writes = 0;
  /** Key: status; value: number of refused writes. */
  readonly #refused = new Map<number, number>();
  #example: Operation | undefined;

  ended(operation: Operation, { live }: Pick<Standing, 'live'>): void {
    const { action, object, status, signedIn, with: cookies } = operation;
    if (!live || object === undefined || isSafe(action) || cookies !== undefined || signedIn === 'out')
      return;
    this.#writes++;
    if (status === undefined || status < 400 || status >= 500 || EXPLAINED.has(status)) return;
    this.#refused.set(status, (this.#refused.get(status) ?? 0) + 1);
    this.#example ??= operation;
  }

  /** Returns a remark with the share of refused writes and an example; empty for too few refused writes. */
  remarks(): string[] {
    const refused = sum([...this.#refused.values()]);
    const { action, session, instance, call = 0 } = this.#example ?? {};
    if (refused < LEAST.refused || refused < LEAST.share * this.#writes) return [];
    const statuses = [...this.#refused].map(([status, count]) => `${status} × ${count}`).join(', ');
    const where = instance === undefined ? '' : ` on ${instance}`;
    return [
      `the app refused ${refused} of ${counted(this.#writes, 'write')} of signed-in sessions (${statuses}), for example the ` +
        `${action} of session ${session}${where} at ${(call / 1_000_000).toFixed(3)} s. Only differences between instances ` +
        'are judged. If pages have form tokens, see whether they show the tokens of other sessions',
    ];
  }
}
