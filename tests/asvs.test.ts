import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/asvs.md'), 'utf8');
const [met = '', missing = ''] = page.split('## Not met');

/** Captures number and level of the requirement, and file and title of the test. */
const ROW = /^\| (\d\.\d+\.\d+) \| ([123]) \| [^|]+ \| `([^`]+)`: (.+) \|$/;
const rows = met.split('\n').filter(line => /^\| \d/.test(line));

describe('docs/asvs.md', () => {
  it('has rows of all three chapters of the ASVS, each row once and in order', () => {
    const numbers = rows.map(line => ROW.exec(line)?.[1] ?? line);
    const ordered = numbers.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    expect(numbers).toEqual([...new Set(ordered)]);
    expect([...new Set(numbers.map(number => number[0]))]).toEqual(['3', '6', '7']);
    expect(missing).toMatch(/^\| \d/m);
  });

  it.each(rows)('names a test that exists: %s', line => {
    const [, , , file = '', title = ''] = ROW.exec(line) ?? [];
    expect(line).toMatch(ROW);
    expect(existsSync(join(root, file))).toBe(true);
    // Test files have titles in single and in double quotes.
    const code = readFileSync(join(root, file), 'utf8');
    expect(code.includes(`'${title}'`) || code.includes(`"${title}"`)).toBe(true);
  });
});
