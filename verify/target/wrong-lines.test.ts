import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { parseTarget } from './load.ts';
import { WHOLE, WRONG } from './testing/wrong-lines.ts';

const lines = WHOLE.split('\n');

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
  it('without a wrong line is accepted', () => expect(parseTarget(WHOLE, 'shop.yaml', {}).name).toBe('shop'));

  it('has a hundred ways to be wrong', () => expect(WRONG.length).toBeGreaterThanOrEqual(100));

  it.each(WRONG)('with %j written as %j is refused at that line: %s', (line, wrong, expected) => {
    const at = lines.indexOf(line);
    expect(at, 'the list names a line').toBeGreaterThanOrEqual(0);
    expect(lines.lastIndexOf(line), 'which stands once').toBe(at);
    const message = errorOf(lines.with(at, wrong).join('\n'));
    const about = message.split('\n').filter(one => one.includes(expected));
    expect(about, message).not.toEqual([]);
    // If the YAML syntax is wrong, the parser may report a later line.
    if (!expected.startsWith('not YAML'))
      expect(about[0], message).toMatch(new RegExp(`^shop\\.yaml:(${at + 1}|${at + 2}):`));
  });
});
