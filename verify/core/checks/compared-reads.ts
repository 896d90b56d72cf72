/** Counts the reads that read-your-writes and monotonic-reads compared. */
import type { Operation } from '../history/history.ts';

export interface Reads {
  /** Number of reads that were compared with an earlier operation, because an older state would contradict it. */
  reads: number;
  /** Number of compared reads on another instance than the earlier operation. */
  crossed: number;
  sessions: number;
  /**
   * Number of reads that showed a list which may be cut off, and in it the session's last add. `newestCrossed`: the
   * reads of these that another instance served.
   */
  newest: number;
  newestCrossed: number;
  /** Number of sessions with such reads, and without a compared read. */
  newestSessions: number;
  /**
   * Number of reads of such lists without the session's last add. If there is one, the three
   * counts above are no evidence.
   */
  unshown: number;
  /** Number of lost sessions. Their later reads are not judged. */
  lost: number;
}

export const NO_READS: Reads = {
  ...{ reads: 0, crossed: 0, sessions: 0, lost: 0 },
  ...{ newest: 0, newestCrossed: 0, newestSessions: 0, unshown: 0 },
};

/** Returns whether another instance served the earlier operation. */
export const crosses = ({ instance }: Operation, earlier: Operation): boolean =>
  earlier.instance !== undefined && instance !== undefined && earlier.instance !== instance;

/** Adds `newest` to the counts of compared reads, if every list that may be cut off showed the session's last add. */
export const whole = (counts: Reads): Reads =>
  counts.unshown > 0
    ? counts
    : {
        ...counts,
        reads: counts.reads + counts.newest,
        crossed: counts.crossed + counts.newestCrossed,
        sessions: counts.sessions + counts.newestSessions,
      };
