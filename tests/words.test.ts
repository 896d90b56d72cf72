/** Checks that no text or identifier uses an indefinite word for a client, a user or a program. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Name the client, user, caller or instance instead; for "told" write reported, sent or named. */
const WORDS = ['told', 'untold', 'nobody', 'whoever', 'whom', 'somebody', 'anybody', 'someone', 'anyone'];

/** Files that are checked: all that git tracks, except these. */
const EXCLUDED: readonly RegExp[] = [
  /^LICENSE$/, // a legal text
  /^package-lock\.json$/, // names of packages
  /^bench\/data\//, // recorded runs
  /^tests\/words\.test\.ts$/, // this list
  // Folders whose texts are still to be rewritten.
  /^(app|stack|verify|docs|deploy|\.github|\.ci)\//,
  /^[\w.]+\.(md|yml|yaml|json|ts)$/,
];

/** Names that cannot change without breaking recorded files or the dashboards of users. */
const EXCEPTIONS: readonly { text: string; why: string }[] = [
  { text: 'logouts_untold', why: 'the k6 metric baton_logouts_untold' },
  { text: "'untold'", why: 'a value of "change" in the JSON result of a comparison' },
];

/** Splits a text into words: at all other characters, and identifiers also at `_` and between `camel` and `Case`. */
const wordsOf = (text: string): string[] =>
  [...text.matchAll(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g)].map(([word]) => word.toLowerCase());

function wrongLines(text: string): { number: number; line: string }[] {
  return text.split('\n').flatMap((line, i) => {
    const checked = EXCEPTIONS.reduce((left, { text: name }) => left.replaceAll(name, ''), line);
    return wordsOf(checked).some(word => WORDS.includes(word)) ? [{ number: i + 1, line }] : [];
  });
}

it('finds a word in a sentence and in parts of identifiers', () => {
  for (const text of ['Nobody is there.', 'sessions_untold = 1', 'toldBy()', 'const UNTOLD', 'isTold'])
    expect(wrongLines(text), text).toHaveLength(1);
  for (const text of ['a household', 'baton_logouts_untold', 'retold', 'the session of a user'])
    expect(wrongLines(text), text).toEqual([]);
});

it.skipIf(!existsSync(join(root, '.git')))('no tracked file uses such a word', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter(file => file !== '' && existsSync(join(root, file)))
    .filter(file => !EXCLUDED.some(pattern => pattern.test(file)));
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap(file =>
    wrongLines(readFileSync(join(root, file), 'utf8')).map(
      ({ number, line }) => `${file}:${number}: ${line.trim()}`,
    ),
  );
  expect(found).toEqual([]);
});
