/** Defines the explanation of a guarantee. `baton explain` and the page under docs/guarantees/ show it. */
import type { Guarantee } from '../../core/result/guarantees.ts';

export interface Explanation {
  guarantee: Guarantee;
  /** States in a few sentences when the guarantee holds, and what its anomalies are. */
  definition: string;
  /** A small diagram of the anomaly. */
  picture: string;
  /** The usual causes of a violation. */
  causes: readonly string[];
  /** For each stack, how to fix a violation. */
  mend: readonly { stack: string; how: string }[];
  /** Requirements in published standards, each with its content. */
  standards: readonly string[];
}
