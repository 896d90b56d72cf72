import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { parseTarget } from './load.ts';

const lines: string[] = [];
/** For each case: index of a line in the correct file, the wrong line, and the expected message. */
const WRONG: [at: number, wrong: string, expected: string][] = [];
for (const line of readFileSync(new URL('./testing/wrong-lines.txt', import.meta.url), 'utf8').split('\n')) {
  const [, wrong = '', expected = ''] = /^!(.*?) => (.+)$/.exec(line) ?? [];
  if (expected !== '') WRONG.push([lines.length - 1, wrong, expected]);
  else lines.push(line);
}

function errorOf(text: string): string {
  try {
    parseTarget(text, 'shop.yaml', {});
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error('nothing was found wrong');
}

describe('a target file', () => {
  it('without a wrong line is accepted', () =>
    expect(parseTarget(lines.join('\n'), 'shop.yaml', {}).name).toBe('shop'));

  it('has at least a hundred wrong lines in this test', () =>
    expect(WRONG.length).toBeGreaterThanOrEqual(100));

  it.each(WRONG)('whose line %i is %j is refused at that line: %s', (at, wrong, expected) => {
    const message = errorOf(lines.with(at, wrong).join('\n'));
    const about = message.split('\n').filter(one => one.includes(expected));
    expect(about, message).not.toEqual([]);
    // The YAML parser may report a later line for a syntax error.
    if (!expected.startsWith('not YAML'))
      expect(about[0], message).toMatch(new RegExp(`^shop\\.yaml:(${at + 1}|${at + 2}):`));
  });
});
