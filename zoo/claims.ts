/** Claims of an app with shared sessions in a run with faults. The only workload of such a run is `hop`. */
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
