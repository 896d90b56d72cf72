/** Counts the reads that read-your-writes and monotonic-reads compared. */
import type { Operation } from '../history/history.ts';

export interface Reads {
  /** Number of reads that were compared with an earlier operation of the same session. */
  reads: number;
  /** Number of the reads in `reads` that were served by another instance than the earlier operation. */
  crossed: number;
  sessions: number;
  /**
   * Number of reads that show the session's last add, in a list that may be cut off (it shows only some
   * entries). `newestCrossed`: how many of these reads were served by another instance than the add.
   */
  newest: number;
  newestCrossed: number;
  /** Number of sessions whose only evidence is the reads in `newest`. */
  newestSessions: number;
  /**
   * Number of reads that do not show the session's last add, in a list that may be cut off. If this is above
   * 0, the list may not show new entries first, so the reads in `newest` are no evidence.
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

/** Adds `newest` to the numbers of compared reads. Leaves it out if `unshown` shows that it is no evidence. */
export const whole = (counts: Reads): Reads =>
  counts.unshown > 0
    ? counts
    : {
        ...counts,
        reads: counts.reads + counts.newest,
        crossed: counts.crossed + counts.newestCrossed,
        sessions: counts.sessions + counts.newestSessions,
      };
