/** What a system with shared sessions claims under any fault: the guarantees that `hop`, the load during faults, checks. */
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
