/** The registry: every check there is, in the order to show them. */
import type { Check } from '../check.ts';
import { atMostOnce } from './at-most-once.ts';
import { continuity } from './continuity.ts';
import { evidence } from './evidence.ts';
import { isolation } from './isolation.ts';
import { linearizability } from './linearizability.ts';
import { monotonicReads } from './monotonic-reads.ts';
import { noLostUpdates } from './no-lost-updates.ts';
import { readYourWrites } from './read-your-writes.ts';
import { routing } from './routing.ts';

export const CHECKS: readonly Check[] = [
  continuity,
  isolation,
  routing,
  readYourWrites,
  monotonicReads,
  noLostUpdates,
  atMostOnce,
  linearizability,
  evidence,
];
