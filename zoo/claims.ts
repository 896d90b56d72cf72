/**
 * Names of the guarantees that an app with shared sessions claims in a run with faults. Only the workload `hop` runs
 * with faults. It gives evidence for all these guarantees.
 */
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
