/** Writes the results of a measurement into the docs, between two marks (HTML comments). */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { controls, type Measured, matrix, summary } from './measure.ts';

const file = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** Parts of a measurement. `mark` is the text of the HTML comments around a part in the docs. */
const PARTS = [
  { mark: 'measured', has: ({ entry }: Measured) => entry.faults === undefined },
  { mark: 'measured disturbed', has: ({ entry }: Measured) => entry.faults !== undefined },
] as const;

/**
 * Writes tables and summary of each measured part. Leaves the texts of other parts unchanged.
 * @param command the command that started the measurement
 * @throws Error if a file or its marks are missing
 */
export async function writeDocs(all: readonly Measured[], command: string, date: string): Promise<void> {
  const measured = `Measured ${date} with \`${command}\`.`;
  for (const { mark, has } of PARTS) {
    const part = all.filter(one => one.trials > 0 && has(one));
    if (part.length === 0) continue;
    await between(mark, file('docs/zoo.md'), [measured, '', ...matrix(part), '', ...controls(part)]);
    const line = `${summary(part)} ${measured} All of it: [docs/zoo.md](docs/zoo.md).`;
    await between(mark, file('README.md'), [line]);
  }
}

async function between(mark: string, path: string, lines: readonly string[]): Promise<void> {
  await writeFile(path, replaced(await readFile(path, 'utf8'), mark, lines, path));
}

/**
 * Returns the text with `lines` between two marks (HTML comments).
 * @throws Error that names `path` if the text has no such marks
 */
export function replaced(text: string, mark: string, lines: readonly string[], path: string): string {
  const [begin, end] = [`<!-- ${mark} -->\n`, `<!-- /${mark} -->\n`];
  const [before, rest = ''] = text.split(begin);
  const [, after] = rest.split(end);
  if (after === undefined)
    throw new Error(
      `${path}: expected the marks ${begin.trim()} and ${end.trim()}, each on a line of its own`,
    );
  return `${before}${begin}${lines.join('\n')}\n${end}${after}`;
}
