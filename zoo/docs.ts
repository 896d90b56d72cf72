/** Writes what was measured into the docs, between the marks that are there. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { controls, type Measured, matrix, summary } from './measure.ts';

const file = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/**
 * @param command what measured it, as it was typed
 * @param date of the measurement
 * @throws when a file or its marks are missing
 */
export async function writeDocs(all: readonly Measured[], command: string, date: string): Promise<void> {
  const measured = `Measured ${date} with \`${command}\`.`;
  await between(file('docs/zoo.md'), [measured, '', ...matrix(all), '', ...controls(all)]);
  await between(file('README.md'), [`${summary(all)} ${measured} All of it: [docs/zoo.md](docs/zoo.md).`]);
}

async function between(path: string, lines: readonly string[]): Promise<void> {
  await writeFile(path, replaced(await readFile(path, 'utf8'), lines, path));
}

/** @returns the text with these lines between the marks. @throws when it has no marks; `path` is only named then */
export function replaced(text: string, lines: readonly string[], path: string): string {
  const [before, rest = ''] = text.split('<!-- measured -->\n');
  const [, after] = rest.split('<!-- /measured -->\n');
  if (after === undefined)
    throw new Error(
      `${path}: expected the marks <!-- measured --> and <!-- /measured -->, each on a line of its own`,
    );
  return `${before}<!-- measured -->\n${lines.join('\n')}\n<!-- /measured -->\n${after}`;
}
