import { closest, distance } from 'fastest-levenshtein';

/**
 * Returns the end of an error message about an unknown name: the most similar name (`did you mean "hop"?`), or all
 * known names.
 */
export function nearest(name: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const part = known.find(one => one.length > 2 && name.toLowerCase().startsWith(one.toLowerCase()));
  const best = part ?? closest(name, [...known]);
  return part !== undefined ||
    distance(name.toLowerCase(), best.toLowerCase()) <= Math.max(2, name.length / 3)
    ? `: did you mean "${best}"?`
    : `: expected one of ${known.join(', ')}`;
}
