/** Defines the explanation of a guarantee, which `baton explain` and the pages in docs/guarantees/ show. */
import type { Guarantee } from '../../core/result/guarantees.ts';

export interface Explanation {
  guarantee: Guarantee;
  /** A few sentences that say when the guarantee holds, and what its anomalies are. */
  definition: string;
  /** A small text diagram that shows an anomaly. */
  picture: string;
  /** Usual causes of a violation of the guarantee. */
  causes: readonly string[];
  /** How to fix a violation of the guarantee, by framework, balancer or store. */
  mend: readonly { stack: string; how: string }[];
  /**
   * Requirements of published standards that the guarantee covers, such as
   * `OWASP ASVS 5.0 7.3.1: there is an inactivity timeout`.
   */
  standards: readonly string[];
}
