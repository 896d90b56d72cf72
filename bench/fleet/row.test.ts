import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROFILES } from '../../stack/fleet/profile.ts';
import { conformanceMarkdown, conformanceText, counts, outcomeOf, type Row } from './row.ts';
import { TimeScale } from './scene.ts';

const row = (more: Partial<Row>): Row => ({
  profile: 'alb',
  what: 'a thing',
  documented: '502',
  measured: '502',
  agrees: true,
  ...more,
});
const ROWS = [
  row({}),
  row({ what: 'a flag', measured: '504', agrees: false, known: 'nginx cannot' }),
  row({ profile: 'seed', measured: '504', agrees: false }),
  row({ profile: 'seed', measured: 'no answer', agrees: undefined }),
];

describe('conformance', () => {
  it('a known difference counts only if it differs', () => {
    expect(ROWS.map(outcomeOf)).toEqual(['agrees', 'known', 'differs', 'unknown']);
    expect(outcomeOf(row({ known: 'nginx cannot' }))).toBe('agrees');
  });

  it('counts', () => {
    expect(counts(ROWS)).toBe('1 agree, 1 differ as documented, 1 differ, 1 could not be measured');
    expect(counts([])).toBe('0 agree');
  });

  it('for a terminal', () => {
    expect(conformanceText(ROWS)).toBe(
      `alb
  ✓ a thing  502  502
  ≠ a flag   502  504
    nginx cannot

seed
  ✗ a thing  502  504
  ? a thing  502  no answer
`,
    );
  });

  it('for the docs', () => {
    expect(conformanceMarkdown(ROWS.slice(0, 2))).toEqual([
      '',
      '| | `alb` | documented | measured |',
      '|---|---|---|---|',
      '| ✓ | a thing | 502 | 502 |',
      '| ≠ | a flag | 502 | 504; nginx cannot |',
    ]);
  });

  it('times are shown without the speedup, and compared as they were measured', () => {
    const pace = new TimeScale(10);
    expect([pace.seconds(5_800), pace.seconds(520)]).toEqual(['58 s', '5.2 s']);
    expect([pace.fits(2_900, 3_000, 6_000), pace.fits(7_000, 3_000, 6_000)]).toEqual([false, true]);
    expect(pace.fits(7_600, 3_000, 6_000)).toBe(false);
  });

  it('docs/fleet.md has every profile, and no unexpected difference', () => {
    const docs = readFileSync(new URL('../../docs/fleet.md', import.meta.url), 'utf8');
    const measured = docs.split('<!-- measured -->')[1] ?? '';
    for (const name of PROFILES) expect(measured).toContain(`| | \`${name}\` | documented | measured |`);
    expect(measured).toMatch(/^Measured \d{4}-\d\d-\d\d with `npm run bench:fleet`/m);
    expect(measured).not.toMatch(/^\| [✗?] \|/m);
  });
});
