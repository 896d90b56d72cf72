import { describe, expect, it } from 'vitest';
import type { Operation } from '../core/history/history.ts';
import { witnessHtml } from './html-witness.ts';
import { traceLines, witnessLines } from './witness.ts';

const step = (operation: Partial<Operation>, came: string, expected?: string) => ({
  operation: {
    type: 'op' as const,
    id: 1,
    clock: 'c0',
    client: 'c',
    session: 's17',
    user: 'carol',
    action: 'add' as const,
    request: 'r',
    call: 0,
    outcome: 'ok' as const,
    ...operation,
  },
  came,
  ...(expected === undefined ? {} : { expected }),
});

it('the trace id is that of the request that violates the guarantee, if Baton sent it', () => {
  const of = (request: string) => traceLines([step({}, 'x'), step({ request }, 'y')]);
  expect(of('20261129-040508-4190aa-255')).toEqual([
    '  trace id of request 2: 202611290405084190aa0000000000ff',
  ]);
  expect(of('line-7')).toEqual([]);
  const [one, two] = [step({ request: '20261129-040508-4190aa-1' }, '500', '200'), step({}, 'success')];
  expect(traceLines([one, two])).toEqual(['  trace id of request 1: 202611290405084190aa000000000001']);
});

describe('witnessLines', () => {
  it('draws requests that overlap', () => {
    const lines = witnessLines([
      step({ call: 1000, return: 9000, value: 'b41', instance: 'app-1' }, 'acknowledged'),
      step({ call: 5000, return: 12000, value: 'b42', instance: 'app-2' }, 'acknowledged'),
      step(
        { action: 'read', object: 'basket@s17', call: 13000, return: 14000, instance: 'app-1' },
        'saw b42',
        '"b41" in it',
      ),
    ]);
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "  1  0.001 s  add "b41"    ├───────┤              on app-1    acknowledged
        2  0.005 s  add "b42"        ├───────┤          on app-2    acknowledged
        3  0.013 s  read basket                  ├───┤  on app-1    expected: "b41" in it
                                                                    came:     saw b42"
    `);
  });

  it('draws requests with equal end points as overlapping, and requests that never returned without an end', () => {
    const lines = witnessLines([
      step({ call: 0, return: 5, value: 'a' }, 'acknowledged'),
      step({ call: 5, value: 'b' }, 'never returned'),
    ]);
    expect(lines[0]).toContain('├───┤');
    expect(lines[1]).toContain('    ├───▶');
  });

  it('draws no bars for sequential requests', () => {
    const lines = witnessLines([step({ call: 0, return: 5 }, 'x'), step({ call: 6, return: 7 }, 'y')]);
    expect(lines.join()).not.toContain('├');
  });
});

it('the picture shows the end of long names of instances, by which they differ', () => {
  const of = (instance: string) =>
    witnessHtml({
      name: 'STALE',
      guarantee: 'read-your-writes',
      summary: '',
      notes: [],
      witness: [step({ instance }, 'stale')],
    });
  expect(of('127.0.0.1:21022')).toContain('>…7.0.0.1:21022</text>');
  expect(of('app-1')).toContain('>app-1</text>');
});

it('the picture draws no text of a request over the box of another one', () => {
  const [cookies, instance] = [[{ change: 'set' as const, name: 'sid', label: 'ab12' }], 'app-1'];
  const svg = witnessHtml({
    name: 'FORK',
    guarantee: 'one-session',
    summary: '',
    notes: [],
    witness: [
      step({ call: 0, return: 9, instance, cookies }, 'set a cookie'),
      step({ call: 5, return: 12, instance, cookies }, 'set a cookie', 'none'),
      step({ call: 6, return: 10, instance: 'app-2', cookies }, 'set a cookie'),
    ],
  });
  const numbers = (pattern: RegExp) => [...svg.matchAll(pattern)].map(([, y]) => Number(y));
  const boxes = numbers(/<rect x="[\d.]+" y="([\d.]+)"/g);
  const texts = numbers(/<text (?:class="cookie" )?x="[\d.]+" y="([\d.]+)"/g);
  expect([boxes.length, texts.length]).toEqual([3, 7]);
  // No text may overlap a box. Letters extend about 9 units above the base line, and 3 units below it.
  for (const box of boxes)
    for (const text of texts) expect(text + 3 < box || text - 9 > box + 28, `${text} and ${box}`).toBe(true);
  const sorted = texts.toSorted((a, b) => a - b);
  for (const [i, text] of sorted.entries())
    if (i > 0) expect(text - (sorted[i - 1] ?? 0)).toBeGreaterThan(11);
});
