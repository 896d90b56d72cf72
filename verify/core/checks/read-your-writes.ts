/** Checks read-your-writes: after an acknowledged write of a session, each later read in the same session shows it. */
import { readCheck } from './read-check.ts';

export const readYourWrites = readCheck({
  guarantee: 'read-your-writes',
  assumes:
    'each write has a unique value, which only recorded operations remove; writes that overlap other requests are ' +
    'left to no-lost-updates',
  against: 'the last acknowledged write',
  earlier: facts => facts.write,
  newest: true,
  contradictions: facts => facts.stale,
  summary: (earlier, later) => `${earlier} acknowledged a write that a later read on ${later} does not show`,
  rests: ['reads after a write', 'on another instance'],
  ruledOut: 'miss a write',
  broken: ['acknowledged write', 'not in a later read'],
});
