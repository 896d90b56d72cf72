/** Counts the reads that the checks read-your-writes and monotonic-reads compared with an earlier operation. */
export class Reads {
  reads = 0;
  crossed = 0;
  sessions = 0;
  /** Number of reads that show the session's last add in a list which may show only its newest entries. */
  newest = 0;
  newestCrossed = 0;
  /** Number of sessions that have no other evidence than the reads counted in `newest`. */
  newestSessions = 0;
  /** Number of reads that lack the session's last add. Even one shows that the reads in `newest` are no evidence. */
  unshown = 0;
}

/** Adds the reads in `newest` to the compared reads, unless `unshown` shows that they are no evidence. */
export const whole = (counts: Reads): Reads =>
  counts.unshown > 0
    ? counts
    : {
        ...counts,
        reads: counts.reads + counts.newest,
        crossed: counts.crossed + counts.newestCrossed,
        sessions: counts.sessions + counts.newestSessions,
      };
