/** How much the checks of reads rest on. */
import { type Counts, counted, ENOUGH_HANDOFFS, reader } from '../check.ts';
import type { Operation } from '../history.ts';
import type { Standing } from '../sessions.ts';

/** How much the judgement of reads rests on. */
export class ReadEvidence {
  judged = 0;
  /** Judged reads that another instance served than the operation they are measured against. */
  crossed = 0;
  #lost = 0;
  #sessions = new Set<string>();

  /**
   * Takes note of an operation, and of sessions that continuity has lost: of those nothing more can be told.
   *
   * @param against what the read is measured against, if there is such an operation before it
   */
  add(operation: Operation, standing: Standing, against: Operation | undefined): void {
    if (standing.session.lost === operation) this.#lost++;
    if (against === undefined) return;
    this.judged++;
    this.#sessions.add(operation.session);
    const { instance } = operation;
    if (against.instance !== undefined && instance !== undefined && against.instance !== instance)
      this.crossed++;
  }

  get figures(): Counts {
    return {
      reads: this.judged,
      crossed: this.crossed,
      sessions: this.#sessions.size,
      lost: this.#lost,
    };
  }
}

/** What is missing before the reads that were judged say enough. */
export function missingReads(counts: Counts, what: string): string | undefined {
  const of = reader(counts);
  if (of('lost') > 0) {
    return `continuity is broken in ${counted(of('lost'), 'session')}: what those would have read cannot be told`;
  }
  if (of('crossed') >= ENOUGH_HANDOFFS) return undefined;
  return (
    `${counted(of('crossed'), 'read')} on another instance than ${what}, ${ENOUGH_HANDOFFS} are needed: ` +
    'give the target file a probe with `read` and `add`, run at least two instances, or run for longer'
  );
}
