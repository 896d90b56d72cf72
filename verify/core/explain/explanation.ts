/** Defines the explanation of a guarantee: `baton explain` prints it, and the page under docs/guarantees/ shows it. */
import type { Guarantee } from '../guarantees.ts';

export interface Explanation {
  guarantee: Guarantee;
  /** When the guarantee holds, and what its anomalies are, in a few sentences. */
  definition: string;
  /** A small drawing of the anomaly. */
  picture: string;
  /** The usual causes of a violation. */
  causes: readonly string[];
  /** For each stack, how to fix a violation. */
  mend: readonly { stack: string; how: string }[];
  /** Requirements of published standards, with their content. */
  standards: readonly string[];
}
