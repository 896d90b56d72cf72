/** Guarantees that an app with shared sessions claims in a run with faults. Such a run has only the workload `hop`. */
export const UNDER_FAULTS = [
  'continuity',
  'isolation',
  'instances-agree',
  { routing: 'spread' },
  'read-your-writes',
  'monotonic-reads',
  'availability',
  'evidence',
] as const;
