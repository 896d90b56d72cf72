/** Checks monotonic-reads: a read never shows an older state than an earlier read in the same session. */
import { readCheck } from './read-check.ts';

export const monotonicReads = readCheck({
  guarantee: 'monotonic-reads',
  assumes:
    'each write has a unique value, so a value that comes back is an older state; writes that overlap other requests ' +
    'are left to no-lost-updates',
  against: 'the previous read',
  earlier: facts => facts.read,
  contradictions: facts => facts.back,
  summary: (earlier, later) => `${later} showed an older state than ${earlier} showed before`,
  rests: ['pairs of reads', 'on two instances'],
  ruledOut: 'go back',
  broken: ['value', 'back in an older state'],
});
