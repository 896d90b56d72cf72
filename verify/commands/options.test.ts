import { describe, expect, it } from 'vitest';
import { type CommandName, commandsPage, parse, unknownCommand, usage, usageOf } from './options.ts';
import type { Option, Table } from './tables/shared.ts';
import { TABLES } from './tables.ts';

const NAMES = Object.keys(TABLES) as CommandName[];

const EACH = NAMES.flatMap(name =>
  Object.entries<Option>((TABLES[name] as Table).options).map(
    ([option, { type }]) =>
      [name, option, type === 'string' ? [`--${option}`, 'x'] : [`--${option}`]] as const,
  ),
);

describe('a command', () => {
  it.each([
    ['check', '--claims', 'check: unknown option --claims: an option of verify, doctor, gate, not of check'],
    ['verify', '--durtion', 'verify: unknown option --durtion: did you mean "--duration"?'],
    ['k6', '--json', 'k6: unknown option --json: an option of verify, init, check, compare, zoo, not of k6'],
    ['explain', '--nothing', 'explain: unknown option --nothing: explain has none'],
  ] as const)('%s rejects %s, which it does not know', (name, option, message) => {
    expect(() => parse(name, ['x', option, 'y'])).toThrow(message);
    expect(() => parse(name, [option])).toThrow(`See: npx baton-verify ${name} --help`);
  });

  it.each([
    ['verfy', 'unknown command "verfy": did you mean "verify"?'],
    ['--seed', 'expected a command before --seed: one of verify, init,'],
  ])('%s is unknown', (word, message) => {
    expect(() => unknownCommand(word)).toThrow(message);
  });

  it('rejects every option that only other commands have', () => {
    for (const [, option, argv] of EACH)
      for (const other of NAMES)
        if (!Object.hasOwn(TABLES[other].options, option))
          expect(() => parse(other, argv), `${other} ${argv}`).toThrow(`unknown option --${option}`);
  });

  it.each(EACH)('%s takes --%s, and lists it', (name, option, argv) => {
    expect(parse(name, argv)?.values).toHaveProperty([option]);
    expect(usageOf(name)).toContain(`  --${option}`);
    expect(commandsPage().split(`\n## ${name}\n`)[1]?.split('\n## ')[0]).toContain(`| \`--${option}`);
  });

  it('has help of its own, with any other words', () => {
    for (const name of NAMES) expect(parse(name, ['x', '--help'])).toBeUndefined();
    for (const name of NAMES) expect(usage()).toContain(`\n  ${name} `);
  });

  it('rejects more words than it takes', () => {
    expect(() => parse('verify', ['a.yaml', 'b.yaml'])).toThrow(
      'expected one argument after verify, got a.yaml b.yaml',
    );
    expect(parse('check', ['a', 'b', 'c'])?.words).toEqual(['a', 'b', 'c']);
  });
});
