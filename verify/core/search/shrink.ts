/**
 * Shortens a list by ddmin (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002).
 *
 * @param holds returns whether these items alone still prove the violation
 * @param isSpent returns true to stop early
 * @returns a list of which no item can be left out; all items if they prove no violation
 */
export function shrink<T>(
  items: readonly T[],
  holds: (kept: readonly T[]) => boolean,
  isSpent: () => boolean = () => false,
): readonly T[] {
  if (!holds(items)) return items;
  let kept = items;
  let parts = 2;
  while (kept.length >= 2 && !isSpent()) {
    const smaller = reduced(kept, parts, some => !isSpent() && holds(some));
    if (smaller !== undefined) {
      parts = smaller.length < kept.length / 2 + 1 ? 2 : Math.max(parts - 1, 2);
      kept = smaller;
    } else if (parts >= kept.length) {
      break;
    } else {
      parts = Math.min(2 * parts, kept.length);
    }
  }
  return kept.length === 1 && !isSpent() && holds([]) ? [] : kept;
}

function reduced<T>(
  items: readonly T[],
  parts: number,
  holds: (kept: readonly T[]) => boolean,
): readonly T[] | undefined {
  const edge = (part: number): number => Math.floor((part * items.length) / parts);
  for (let part = 0; part < parts; part++) {
    const alone = items.slice(edge(part), edge(part + 1));
    if (holds(alone)) return alone;
  }
  if (parts === 2) return undefined;
  for (let part = 0; part < parts; part++) {
    const others = [...items.slice(0, edge(part)), ...items.slice(edge(part + 1))];
    if (holds(others)) return others;
  }
  return undefined;
}
