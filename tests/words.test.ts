/** Checks that no text or identifier uses an indefinite word for a client, a user or a program. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Words that must not occur. Write client, user, caller or instance; for "told" write reported, sent or named. */
const WORDS = ['told', 'untold', 'nobody', 'whoever', 'whom', 'somebody', 'anybody', 'someone', 'anyone'];

const EXCLUDED: readonly RegExp[] = [
  /^LICENSE$/, // a legal text, which must not be changed
  /^package-lock\.json$/, // has names of npm packages
  /^bench\/data\//, // has recorded runs
  /^docs\/gallery\//, // has sample reports, with the licence of uPlot
  /^tests\/words\.test\.ts$/, // has the list of the words
];

/** Names in recorded formats, and names of systems, which cannot be changed. */
const EXCEPTIONS: readonly { name: RegExp; files: RegExp; why: string }[] = [
  { name: /logouts_untold/g, files: /./, why: 'the k6 metric baton_logouts_untold' },
  {
    name: /\buntold\b/g,
    files: /^(verify\/core\/compare\/|verify\/reports\/|docs\/result\.schema\.json$|bench\/compare\.ts$)/,
    why: 'a value of "change" in the JSON result of a comparison',
  },
  { name: /['`]nobody['`]/g, files: /^stack\//, why: 'the system user with no rights' },
];

/** Splits a text at characters that are not letters, and between `camel` and `Case`. */
const wordsOf = (text: string): string[] =>
  [...text.matchAll(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g)].map(([word]) => word.toLowerCase());

/** Returns the lines of a file that contain a forbidden word, as `path:line: text`. */
function wrongLines(path: string, text: string): string[] {
  const names = EXCEPTIONS.filter(({ files }) => files.test(path)).map(({ name }) => name);
  return text.split('\n').flatMap((line, i) => {
    const checked = names.reduce((left, name) => left.replaceAll(name, ''), line);
    const wrong = wordsOf(checked).some(word => WORDS.includes(word));
    return wrong ? [`${path}:${i + 1}: ${line.trim()}`] : [];
  });
}

it('finds a word in a sentence and in parts of identifiers', () => {
  for (const text of ['Nobody is there.', 'sessions_untold = 1', 'toldBy()', 'const UNTOLD', 'isTold'])
    expect(wrongLines('a.ts', text)).toEqual([`a.ts:1: ${text}`]);
  for (const text of ['a household', 'baton_logouts_untold', 'retold', 'the session of a user'])
    expect(wrongLines('a.ts', text)).toEqual([]);
});

it.skipIf(!existsSync(join(root, '.git')))('no tracked file uses one of these indefinite words', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter(file => file !== '' && existsSync(join(root, file)))
    .filter(file => !EXCLUDED.some(pattern => pattern.test(file)));
  expect(files.length).toBeGreaterThan(1000);
  const found = files.flatMap(file => wrongLines(file, readFileSync(join(root, file), 'utf8')));
  expect(found).toEqual([]);
});
