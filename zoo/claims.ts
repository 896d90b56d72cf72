/**
 * The guarantees that an app with shared sessions claims in a run with faults. The workload `hop`, the only
 * one with faults, gives evidence for all of them.
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
