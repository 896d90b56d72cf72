/** Stretches of a run that are told apart in k6's own metrics, by a tag with few values. Pure. */

export interface Part {
  name: string;
  /** Seconds from the beginning of the load. */
  from: number;
}

/** @returns the part that is on after so many seconds; undefined where there are none */
export function partAt(parts: readonly Part[], seconds: number): string | undefined {
  let name = parts[0]?.name;
  for (let i = 1; i < parts.length; i++) {
    const part = parts[i] as Part;
    if (part.from > seconds) break;
    name = part.name;
  }
  return name;
}

export const durationOf = (part: string): string => `http_req_duration{part:${part}}`;
export const failedOf = (part: string): string => `http_req_failed{part:${part}}`;

/** Makes k6 keep them apart for the summary. */
export const thresholdsOfParts = (parts: readonly Part[]): Record<string, string[]> =>
  Object.fromEntries(
    parts.flatMap(({ name }) => [durationOf(name), failedOf(name)]).map(metric => [metric, []]),
  );

/** @returns parts of equal length, called 1, 2, 3 … */
export const equalParts = (number: number, seconds: number): Part[] =>
  Array.from({ length: number }, (_, i) => ({ name: String(i + 1), from: (i * seconds) / number }));
