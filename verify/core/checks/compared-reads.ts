/** Counts the reads that read-your-writes and monotonic-reads compared. */
import type { Operation } from '../history/history.ts';

export interface Reads {
  /** Number of reads that an older state would have shown to be wrong, by comparison with an earlier operation. */
  reads: number;
  /** Number of compared reads on another instance than the earlier operation. */
  crossed: number;
  sessions: number;
  /**
   * Number of lists that may be cut off and showed the session's last add. `newestCrossed`: the number of these that
   * another instance served than the add.
   */
  newest: number;
  newestCrossed: number;
  /** Number of sessions whose only evidence are the lists that `newest` counts. */
  newestSessions: number;
  /**
   * Number of lists that may be cut off and lacked the session's last add. If there is one, `newest`, `newestCrossed`
   * and `newestSessions` are no evidence.
   */
  unshown: number;
  /** Number of lost sessions. Reads after the loss are not judged. */
  lost: number;
}

export const NO_READS: Reads = {
  ...{ reads: 0, crossed: 0, sessions: 0, lost: 0 },
  ...{ newest: 0, newestCrossed: 0, newestSessions: 0, unshown: 0 },
};

/** Returns whether the two operations were served by different instances. */
export const crosses = ({ instance }: Operation, earlier: Operation): boolean =>
  earlier.instance !== undefined && instance !== undefined && earlier.instance !== instance;

/** Adds the lists that may be cut off to the counts of compared reads, if each showed the session's last add. */
export const whole = (counts: Reads): Reads =>
  counts.unshown > 0
    ? counts
    : {
        ...counts,
        reads: counts.reads + counts.newest,
        crossed: counts.crossed + counts.newestCrossed,
        sessions: counts.sessions + counts.newestSessions,
      };
