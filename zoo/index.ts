/** Finds all entries of the zoo in `defects/` and `controls/`. */
import { globSync } from 'node:fs';
import { GUARANTEES, type Guarantee } from '../verify/core/result/guarantees.ts';
import type { Control, Defect, ZooEntry } from './entry.ts';

/** Returns the entries in the order of their file names. */
async function entriesIn<E extends ZooEntry>(folder: 'defects' | 'controls'): Promise<E[]> {
  const files = globSync(`${folder}/*.ts`, { cwd: import.meta.dirname }).filter(
    file => !file.endsWith('.server.ts'),
  );
  const modules = await Promise.all(
    files.sort().map(file => import(new URL(file, import.meta.url).href) as Promise<Record<string, E>>),
  );
  return modules.flatMap(module => Object.values(module));
}

const SECTIONS = Object.keys(GUARANTEES) as Guarantee[];

/** Deployments without faults come before those with faults. Each group is sorted by `section`. */
const sorted = <E extends ZooEntry>(entries: readonly E[], section: (entry: E) => number): E[] =>
  entries.toSorted(
    (a, b) => Number(a.faults !== undefined) - Number(b.faults !== undefined) || section(a) - section(b),
  );

/** The broken deployments, ordered by the main guarantee that each breaks. */
export const DEFECTS: readonly Defect[] = sorted(await entriesIn<Defect>('defects'), ({ section }) =>
  SECTIONS.indexOf(section),
);

/** The healthy systems, some of which look like broken systems. */
export const CONTROLS: readonly Control[] = sorted(await entriesIn<Control>('controls'), () => 0);

export const ENTRIES: readonly ZooEntry[] = [...DEFECTS, ...CONTROLS];
