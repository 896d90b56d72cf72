import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { type Edn, EdnReader } from './edn.ts';
import { jepsenOptions, judgeJepsen } from './jepsen.ts';

const folder = mkdtempSync(join(tmpdir(), 'baton-jepsen-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
async function judged(text: string, model: string, more: { initial?: string; nilReads?: string } = {}) {
  const file = join(folder, `${++files}.edn`);
  writeFileSync(file, text);
  const { nilReads = 'initial', initial } = more;
  const result = await judgeJepsen(file, jepsenOptions({ model, initial, 'nil-reads': nilReads }));
  return result.guarantees[0]?.judgement;
}

/** Converts a line such as `0 invoke write 1` (process, type, function, value) to EDN. */
const line = (text: string): string => {
  const [, process, type, f, value] = /^(\S+) (\S+) (\S+) (.*)$/.exec(text.trim()) ?? [];
  return `{:process ${process}, :type :${type}, :f :${f}, :value ${value}}`;
};
const history = (...lines: string[]): string => lines.map(line).join('\n');

const register = (last: string) =>
  history(
    '0 invoke write 1',
    '1 invoke read nil',
    '0 ok write 1',
    '1 ok read nil',
    '1 invoke read nil',
    `1 ok read ${last}`,
  );

describe('Jepsen histories', () => {
  it('of a register', async () => {
    expect(await judged(register('1'), 'register')).toBe('valid');
    expect(await judged(register('2'), 'register')).toBe('violated');
  });

  it('with a read of nil, which shows the initial state or is ignored', async () => {
    expect(await judged(register('nil'), 'register')).toBe('violated');
    expect(await judged(register('nil'), 'register', { nilReads: 'any' })).toBe('unknown');
    const reads = history('0 invoke read nil', '0 ok read 5');
    expect(await judged(reads, 'register', { initial: '5' })).toBe('valid');
    expect(await judged(reads, 'register')).toBe('violated');
  });

  it('of a register with compare-and-set: a failed one did not happen, an info one may have', async () => {
    const cas = (type: string, last: string) =>
      history(
        '0 invoke write 1',
        '0 ok write 1',
        '1 invoke cas [1 2]',
        `1 ${type} cas [1 2]`,
        '2 invoke read nil',
        `2 ok read ${last}`,
      );
    expect(await judged(cas('ok', '2'), 'cas-register')).toBe('valid');
    expect(await judged(cas('ok', '1'), 'cas-register')).toBe('violated');
    expect(await judged(cas('fail', '2'), 'cas-register')).toBe('violated');
    expect(await judged(cas('info', '1'), 'cas-register')).toBe('valid');
    expect(await judged(cas('info', '2'), 'cas-register')).toBe('valid');
  });

  it('of a list that is appended to or replaced', async () => {
    const append = (last: string) =>
      history(
        '0 invoke append 1',
        '1 invoke append 2',
        '0 ok append 1',
        '1 ok append 2',
        '0 invoke write [7 8]',
        '0 ok write [7 8]',
        '0 invoke append 9',
        '0 info append 9',
        '2 invoke read nil',
        `2 ok read ${last}`,
      );
    expect(await judged(append('[7 8 9]'), 'append')).toBe('valid');
    expect(await judged(append('[7 8]'), 'append')).toBe('valid');
    expect(await judged(append('[9 7 8]'), 'append')).toBe('violated');
    expect(await judged(append('[2 1 7 8]'), 'append')).toBe('violated');
  });

  it('of a set, with sets as values', async () => {
    const set = (last: string) =>
      history(
        '0 invoke add 1',
        '0 ok add 1',
        '0 invoke add 2',
        '0 ok add 2',
        '1 invoke read nil',
        `1 ok read ${last}`,
      );
    expect(await judged(set('#{2 1}'), 'set')).toBe('valid');
    expect(await judged(set('#{2}'), 'set')).toBe('violated');
  });

  it('with independent keys, each a separate object', async () => {
    const keyed = (last: string) =>
      history(
        '0 invoke write [:x 1]',
        '0 ok write [:x 1]',
        '0 invoke write [:y 2]',
        '0 ok write [:y 2]',
        '1 invoke read [:x nil]',
        `1 ok read [:x ${last}]`,
      );
    expect(await judged(keyed('1'), 'register')).toBe('valid');
    expect(await judged(keyed('2'), 'register')).toBe('violated');
  });

  it('in a vector, a list, as records, with comments, a nemesis and unknown fields', async () => {
    const nemesis =
      '{:process :nemesis, :type :info, :f :start, :value "cut {:a [\\"x\\"]}"} ; comment ] }\n';
    for (const last of ['1', '2']) {
      const lines = register(last).split('\n');
      const more = lines.map((text, i) => text.replace('}', `, :index ${i}, :time ${i * 1e6}, :error nil}`));
      const expected = last === '1' ? 'valid' : 'violated';
      expect(await judged(`; a comment\n[${nemesis}${more.join('\n ')}]\n`, 'register')).toBe(expected);
      expect(await judged(`(${more.join(' ')}\n)`, 'register')).toBe(expected);
      expect(
        await judged(more.map(text => `#jepsen.history.Op${text} #_ {:left out}`).join('\n'), 'register'),
      ).toBe(expected);
    }
  });

  it('as JSON, an array or one object a line', async () => {
    const objects = (last: number) =>
      [
        { process: 0, type: 'invoke', f: 'write', value: 1 },
        { process: 'nemesis', type: 'info', f: 'kill', value: null },
        { process: 0, type: 'ok', f: 'write', value: 1 },
        { process: 1, type: 'invoke', f: 'read', value: null },
        { process: 1, type: 'ok', f: 'read', value: last },
      ].map(value => JSON.stringify(value));
    for (const [last, expected] of [
      [1, 'valid'],
      [2, 'violated'],
    ] as const) {
      expect(await judged(`[\n${objects(last).join(',\n')}\n]`, 'register')).toBe(expected);
      expect(await judged(objects(last).join('\n'), 'register')).toBe(expected);
    }
  });

  it('are the same in pieces of any length', () => {
    const text = `[{:value #{\\a "größe\\u0041\\n" 1.5e3 nil} #_ [1 2] :f :é} ; it's a [comment\n {"json": -1}]`;
    const forms = (length: number): [Edn, number][] => {
      const all: [Edn, number][] = [];
      const reader = new EdnReader((form, at) => all.push([form, at]));
      for (let i = 0; i < text.length; i += length) reader.feed(text.slice(i, i + length));
      reader.end();
      return all;
    };
    const first = new Map<string, Edn>([
      ['value', ['a', 'größeA\n', 1500, null]],
      ['f', 'é'],
    ]);
    const all = [
      [first, 1],
      [new Map([['json', -1]]), 2],
    ];
    for (let length = 1; length <= text.length; length++) expect(forms(length)).toEqual(all);
  });

  it('are refused with the position of the error', async () => {
    const ok = line('0 invoke read nil');
    const refused: [string, RegExp][] = [
      ['', /expected operations such as/],
      ['\u0000\u0001', /line 1, column 2: expected EDN or JSON/],
      [`${ok}\n[`, /line 2.*expected "\]" to close what was opened at line 2, column 1/],
      [`${ok}\n{:process 0`, /expected "}" to close what was opened at line 2, column 1/],
      [`[${ok})`, /expected "\]" to close line 1, column 1, got "\)"/],
      [`${ok}]`, /"]" closes nothing/],
      ['"abc', /a string is never closed/],
      ['{:process 0 :type}', /a map with a key that has no value/],
      [`${ok}\n42`, /line 2: expected an operation, got 42/],
      ['{:process 0 :type :invoke}', /line 1: expected :process, :type and :f/],
      [line('0 begin read nil'), /expected :type :invoke, :ok, :fail or :info, got :begin/],
      [line('0 invoke cas [1 2]'), /has read, write, got :f :cas. Choose another --model/],
      [line('0 ok read 1'), /process 0 completes an operation that it never invoked/],
      [`${ok}\n${ok}`, /line 2: process 0 invokes a second operation before the first is over/],
      [
        `${line('0 invoke write [1 2]')} ${line('1 invoke write 2')}`,
        /expected \[key value\] as in the first/,
      ],
      ['['.repeat(100), /nested more than 64 deep/],
      ['{:process 12x}', /expected a number, got "12x"/],
    ];
    for (const [text, message] of refused) {
      const error = await judged(text, 'register').catch((e: unknown) => e);
      expect(error, text).toBeInstanceOf(UsageError);
      expect((error as Error).message).toMatch(message);
    }
    await expect(
      judgeJepsen(join(folder, 'none'), jepsenOptions({ model: 'set', 'nil-reads': 'any' })),
    ).rejects.toThrow('ENOENT');
    expect(() => jepsenOptions({ 'nil-reads': 'any' })).toThrow(
      '--model: expected register, cas-register, append, set',
    );
    expect(() => jepsenOptions({ model: 'set', 'nil-reads': 'no' })).toThrow(
      '--nil-reads: expected any or initial',
    );
    await expect(judged(register('1'), 'register', { initial: '1 2' })).rejects.toThrow(
      'expected one value of a register',
    );
  });
});
