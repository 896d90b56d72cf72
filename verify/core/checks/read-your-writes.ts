/**
 * Checks read-your-writes: after a write of a session is acknowledged, every later read of this session shows the
 * write.
 */
import { readCheck } from './read-check.ts';

export const readYourWrites = readCheck({
  guarantee: 'read-your-writes',
  assumes:
    'values of the run are unique, and only recorded operations remove them; ' +
    'a write that overlapped another request may be overwritten, which no-lost-updates judges',
  against: 'its last acknowledged write',
  earlier: facts => facts.write,
  newest: true,
  contradictions: facts => facts.stale,
  summary: (earlier, later) => `${earlier} acknowledged a write that a later read on ${later} does not show`,
  rests: ['reads after a write', 'on another instance'],
  ruledOut: 'miss a write',
  broken: ['acknowledged write', 'not in a later read'],
});
