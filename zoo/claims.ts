/** Guarantees that an app with shared sessions claims in a run with faults, from the workload `hop` alone. */
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
