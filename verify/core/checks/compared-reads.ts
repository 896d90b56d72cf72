/** Counts the reads that read-your-writes and monotonic-reads compared. */
import type { Operation } from '../history/history.ts';

export interface Reads {
  /** Reads that were compared with an earlier operation of their session. */
  reads: number;
  /** The reads that another instance served than the earlier operation. */
  crossed: number;
  sessions: number;
  /**
   * Reads that show the session's last add in a list that may be cut off; `newestCrossed`: those from another instance.
   */
  newest: number;
  newestCrossed: number;
  /** Sessions whose only evidence are the reads in `newest`. */
  newestSessions: number;
  /**
   * Reads without the session's last add in such a list. If there are any, the list may not show new entries first, so
   * the reads in `newest` are no evidence.
   */
  unshown: number;
}

export const NO_READS: Reads = {
  ...{ reads: 0, crossed: 0, sessions: 0 },
  ...{ newest: 0, newestCrossed: 0, newestSessions: 0, unshown: 0 },
};

export const crosses = ({ instance }: Operation, earlier: Operation): boolean =>
  earlier.instance !== undefined && instance !== undefined && earlier.instance !== instance;

/** Adds `newest` to the compared reads, unless a read in `unshown` shows that they are no evidence. */
export const whole = (counts: Reads): Reads =>
  counts.unshown > 0
    ? counts
    : {
        ...counts,
        reads: counts.reads + counts.newest,
        crossed: counts.crossed + counts.newestCrossed,
        sessions: counts.sessions + counts.newestSessions,
      };
