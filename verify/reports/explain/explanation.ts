import type { Guarantee } from '../../core/result/guarantees.ts';

export interface Explanation {
  guarantee: Guarantee;
  /** The conditions under which the guarantee holds, and the names of its anomalies. */
  definition: string;
  picture: string;
  causes: readonly string[];
  /** How to fix a violation, by framework, balancer or store. */
  mend: readonly { stack: string; how: string }[];
  /** Requirements that the guarantee covers, such as `OWASP ASVS 5.0 7.3.1: there is an inactivity timeout`. */
  standards: readonly string[];
}
