/** What a system with shared sessions claims whatever is disturbed: that which `hop`, the load beside faults, shows. */
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
