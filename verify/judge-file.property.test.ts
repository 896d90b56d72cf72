/** Tests that each random file leads to a verdict, or to an error that names the line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { share } from '../tests/share.ts';
import { Picture, runLine } from './core/testing/picture.ts';
import { UsageError } from './errors.ts';
import { judgeFile } from './judge-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-fuzz-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const whole = (): string[] => {
  const picture = new Picture();
  const alice = picture
    .session('s1', 'alice')
    .form('app-1')
    .login('app-2')
    .write('a', 'app-1')
    .hops(4, ['a']);
  picture.session('s2', 'bob').login('app-1').write('b', 'app-2', { outcome: 'info' }).hops(3, ['b']).ended();
  alice.remove('a', 'app-1').read('app-2', []).logout('app-1').signedOut('app-2').ended();
  return [runLine(), ...picture.finish().events].map(event => JSON.stringify(event));
};

const hostile = fc.constantFrom(
  'null',
  '-1',
  '1e999',
  '9007199254740993',
  '1.5',
  '""',
  '"__proto__"',
  '"constructor"',
  '[]',
  '[[[[[[]]]]]]',
  '{}',
  '{"__proto__":{"polluted":true}}',
  '{"expiry":null,"budgets":null}',
  '{"expiry":{"idle":"soon"},"budgets":{"gap":-1}}',
  '[{"name":"sid","change":"set","attributes":null}]',
  '[{"name":"sid","change":"set","attributes":{}}]',
  'true',
  '"\\u0000"',
  `"${'x'.repeat(10_000)}"`,
);

const damage = fc.oneof(
  fc.record({ how: fc.constant('cut'), at: fc.nat() }),
  fc.record({ how: fc.constant('flip'), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ how: fc.constant('value'), at: fc.nat(), value: hostile }),
  fc.record({ how: fc.constant('key'), at: fc.nat(), value: hostile }),
  fc.record({ how: fc.constant('drop'), at: fc.nat() }),
  fc.record({ how: fc.constant('double'), at: fc.nat() }),
  fc.record({ how: fc.constant('swap'), at: fc.nat() }),
);
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged(lines: string[], hurt: Damage): Buffer {
  const text = Buffer.from(`${lines.join('\n')}\n`);
  if (hurt.how === 'cut') return text.subarray(0, hurt.at % text.length);
  if (hurt.how === 'flip' && 'bit' in hurt) {
    const at = hurt.at % text.length;
    text[at] = (text[at] ?? 0) ^ (1 << hurt.bit);
    return text;
  }
  const i = hurt.at % lines.length;
  const line = lines[i] ?? '';
  if (hurt.how === 'drop') lines.splice(i, 1);
  if (hurt.how === 'double') lines.splice(i, 0, line);
  if (hurt.how === 'swap') lines.splice(i, 1, lines[i + 1] ?? '', line);
  if ('value' in hurt) lines[i] = hurt.how === 'value' ? withValue(line, hurt) : withKey(line, hurt);
  return Buffer.from(`${lines.join('\n')}\n`);
}

function withValue(line: string, { at, value }: { at: number; value: string }): string {
  const values = [...line.matchAll(/:("[^"]*"|-?\d+|\[[^\]]*\])/g)];
  const found = values[at % values.length];
  if (found === undefined) return line;
  return `${line.slice(0, found.index + 1)}${value}${line.slice(found.index + found[0].length)}`;
}

/** Adds a duplicate key, or a key with a special meaning in JavaScript. */
function withKey(line: string, { at, value }: { at: number; value: string }): string {
  const keys = [
    'id',
    'call',
    'session',
    '__proto__',
    'constructor',
    'toString',
    'saw',
    'declared',
    'caching',
    'cookies',
    'extra',
  ];
  return line.replace('{', `{"${keys[at % keys.length]}":${value},`);
}

describe('a damaged history', () => {
  it('gets a verdict, or an error that names file and line', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async hurts => {
        let content: Buffer = Buffer.from('');
        let lines = whole();
        for (const hurt of hurts) {
          content = damaged(lines, hurt);
          lines = content.toString('utf8').split('\n');
        }
        const file = join(folder, 'history.ndjson');
        writeFileSync(file, content);
        try {
          const result = await judgeFile(file);
          expect(['valid', 'violated', 'unknown']).toContain(result.judgement);
        } catch (error) {
          refused++;
          expect(error).toBeInstanceOf(UsageError);
          expect((error as Error).message).toMatch(/history\.ndjson(:\d+)?: /);
        }
        expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
      }),
      { numRuns: share(1500) },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
