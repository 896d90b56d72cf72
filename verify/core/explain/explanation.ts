/** What `baton explain` says of a guarantee, and the page under docs/guarantees/: written once. */
import type { Guarantee } from '../guarantees.ts';

export interface Explanation {
  guarantee: Guarantee;
  /** When it holds, and what its anomalies are: a few sentences. */
  definition: string;
  /** A small drawing of the anomaly. */
  picture: string;
  /** What usually breaks it. */
  causes: readonly string[];
  mend: readonly { stack: string; how: string }[];
  /** Requirements of published standards, with what they ask. */
  standards: readonly string[];
}
