/** Counts the reads that read-your-writes and monotonic-reads compared. */
import type { Operation } from '../history/history.ts';

export interface Reads {
  /** Number of reads that were compared with an earlier operation of their session. */
  reads: number;
  /** Number of compared reads on another instance than the earlier operation. */
  crossed: number;
  sessions: number;
  /**
   * Number of reads of a list that may be cut off and shows the session's last add. `newestCrossed`: the number of
   * these reads on another instance than the add.
   */
  newest: number;
  newestCrossed: number;
  /** Number of sessions without other evidence than the reads in `newest`. */
  newestSessions: number;
  /**
   * Number of reads of a list that may be cut off and lacks the session's last add. If there is one, the reads in
   * `newest` are no evidence.
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

/** Adds the reads in `newest` to the counts of compared reads, if they are evidence. */
export const whole = (counts: Reads): Reads =>
  counts.unshown > 0
    ? counts
    : {
        ...counts,
        reads: counts.reads + counts.newest,
        crossed: counts.crossed + counts.newestCrossed,
        sessions: counts.sessions + counts.newestSessions,
      };
