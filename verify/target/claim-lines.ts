import { readFile } from 'node:fs/promises';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { GUARANTEES, type Guarantee, isGuarantee } from '../core/result/guarantees.ts';

/**
 * Returns the line of each claimed guarantee, counted from 1. A guarantee of a set such as `standard` has the line of
 * the key `claims`. Returns an empty object if the file cannot be read.
 */
export async function claimLines(file: string): Promise<Partial<Record<Guarantee, number>>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return {};
  }
  const counter = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const lineOf = (node: unknown): number => counter.linePos((node as Node).range?.[0] ?? 0).line;
  const pair = isMap(contents) ? contents.items.find(item => String(item.key) === 'claims') : undefined;
  if (pair === undefined) return {};
  const lines: Partial<Record<Guarantee, number>> = {};
  for (const guarantee of Object.keys(GUARANTEES)) {
    if (isGuarantee(guarantee)) lines[guarantee] = lineOf(pair.key);
  }
  for (const item of isSeq(pair.value) ? pair.value.items : []) {
    const named = isMap(item) ? item.items[0]?.key : item;
    const name = isScalar(named) ? String(named.value) : '';
    if (isGuarantee(name)) lines[name] = lineOf(named);
  }
  return lines;
}
