/** Finds the position of a key or value in the text of a target file, for errors. */
import { isMap, isScalar, type Node, type ParsedNode } from 'yaml';

/** The text of a target file, and how errors name positions in it. */
export interface SourceText {
  file: string;
  /** Null if the file is a module, which has no positions. */
  root: ParsedNode | null;
  /** Returns file, line and column of an offset in the text. */
  at(offset: number): string;
}

/**
 * Returns file, line and column of the value at a path, or at the longest existing part of the path.
 *
 * @param ofKey true for the position of the path's last key instead of its value
 */
export function positionOf({ root, at }: SourceText, path: readonly PropertyKey[], ofKey = false): string {
  let node: Node | null = root;
  let key: Node | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && String(item.key.value) === step);
      if (pair === undefined) break;
      key = pair.key as Node;
      node = (pair.value as Node | null) ?? key;
    } else if (node !== null && 'items' in node) {
      const next = (node as { items: Node[] }).items[step as number];
      if (next === undefined) break;
      node = next;
    } else break;
  }
  const found = ofKey ? (key ?? node) : node;
  return at(found?.range?.[0] ?? 0);
}
