/** Defines the explanation of a guarantee, which `baton explain` and the pages in docs/guarantees/ show. */
import type { Guarantee } from '../../core/result/guarantees.ts';

export interface Explanation {
  guarantee: Guarantee;
  /** States in a few sentences when the guarantee holds, and what its anomalies are. */
  definition: string;
  /** A small diagram of the anomaly. */
  picture: string;
  /** The usual causes of a violation. */
  causes: readonly string[];
  /** How to fix a violation, by framework, balancer or store. */
  mend: readonly { stack: string; how: string }[];
  /** Requirements of published standards: `OWASP ASVS 5.0 7.3.1: there is an inactivity timeout`. */
  standards: readonly string[];
}
