import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkCommand } from './check.ts';
import { parse } from './options.ts';

const folder = mkdtempSync(join(tmpdir(), 'baton-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function check(history: string, ...options: string[]): Promise<{ exit: number; text: string }> {
  const file = join(folder, 'history.edn');
  writeFileSync(file, history);
  let text = '';
  const out = { write: (piece: string) => (text += piece) };
  const parsed = parse('check', [file, '--from', 'jepsen', '--model', 'cas-register', ...options]);
  if (parsed === undefined) throw new Error('expected a command, got a request for help');
  const exit = await checkCommand([file], parsed.values, { result: out, progress: out, colour: false });
  return { exit, text };
}

/**
 * Returns a history of concurrent compare-and-set operations for all pairs of values, and a final read of `last`. In
 * every order of the operations, the final value is 0. Another value of `last` is therefore a violation, and only a
 * search proves this violation.
 */
function roundTrips(values: number, last: number): string {
  const swaps = Array.from(
    { length: values * values },
    (_, i) => [i % values, Math.floor(i / values)] as const,
  );
  const pairs = swaps.filter(([from, to]) => from !== to);
  const lines = (type: string): string[] =>
    pairs.map(([from, to], i) => `{:process ${i}, :type :${type}, :f :cas, :value [${from} ${to}]}`);
  const read = ['invoke', 'ok'].map(
    type => `{:process 0, :type :${type}, :f :read, :value ${type === 'ok' ? last : 'nil'}}`,
  );
  return [...lines('invoke'), ...lines('ok'), ...read].join('\n');
}

describe('check --budget', () => {
  it('ends as unknown when it is spent, and lists what was not decided', async () => {
    const { exit, text } = await check(roundTrips(12, 5), '--initial', '0', '--budget', '50ms');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('did not decide 1 group of operations (object@jepsen)');
    expect(exit).toBe(2);
  });

  it('is long enough for histories that a search decides', async () => {
    expect((await check(roundTrips(4, 0), '--initial', '0')).exit).toBe(0);
    expect((await check(roundTrips(4, 1), '--initial', '0')).exit).toBe(1);
  });

  it('is a time', async () => {
    await expect(check(roundTrips(2, 0), '--budget', 'none')).rejects.toThrow(
      '--budget: expected a time such as 10s, 2m or 500ms, got "none"',
    );
  });
});
