/** The registry: every check there is, in the order to show them. */
import type { Check } from '../check.ts';
import { continuity } from './continuity.ts';
import { evidence } from './evidence.ts';
import { isolation } from './isolation.ts';
import { monotonicReads } from './monotonic-reads.ts';
import { readYourWrites } from './read-your-writes.ts';
import { routing } from './routing.ts';

export const CHECKS: readonly Check[] = [
  continuity,
  isolation,
  routing,
  readYourWrites,
  monotonicReads,
  evidence,
];
