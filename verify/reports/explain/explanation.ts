import type { Guarantee } from '../../core/result/guarantees.ts';

export interface Explanation {
  guarantee: Guarantee;
  /** When the guarantee holds, and what its anomalies are. */
  definition: string;
  /** A small text diagram of an anomaly. */
  picture: string;
  /** Usual causes of a violation. */
  causes: readonly string[];
  /** How to fix a violation, by framework, balancer or store. */
  mend: readonly { stack: string; how: string }[];
  /** Covered requirements, such as `OWASP ASVS 5.0 7.3.1: there is an inactivity timeout`. */
  standards: readonly string[];
}
