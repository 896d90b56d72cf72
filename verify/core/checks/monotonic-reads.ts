/** Checks monotonic-reads: a read never shows an older state than an earlier read in the same session. */
import { readCheck } from './read-check.ts';

export const monotonicReads = readCheck({
  guarantee: 'monotonic-reads',
  assumes:
    'values of the run are unique: a later state contains what was added since, and no value of a register comes back; ' +
    'a write that overlapped another request may be overwritten, which no-lost-updates judges',
  against: 'its read before',
  earlier: facts => facts.read,
  contradictions: facts => facts.back,
  summary: (earlier, later) => `${later} showed an older state than ${earlier} showed before`,
  rests: ['pairs of reads', 'on two instances'],
  ruledOut: 'go back',
  broken: ['value', 'back in an older state'],
});
