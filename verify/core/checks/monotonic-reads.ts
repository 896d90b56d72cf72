/** monotonic-reads: a read never shows an older state than an earlier read of its session. */
import { readCheck } from './read-check.ts';

export const monotonicReads = readCheck({
  guarantee: 'monotonic-reads',
  assumes:
    'added values are unique, so one state is later than another when it has what was added since; ' +
    'a write that overlapped another request may be overwritten, which no-lost-updates judges',
  anomaly: 'BACK',
  against: 'its read before',
  earlier: facts => facts.read,
  contradictions: facts => facts.back,
  summary: (earlier, later) => `${later} showed an older state than ${earlier} had shown before`,
  rests: ['pairs of reads', 'on two instances'],
  ruledOut: 'go back',
  broken: 'values went back to an older state',
});
