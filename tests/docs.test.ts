/** Checks the docs: parses and judges examples, follows links, and compares tables with the code. */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { faultTables, targetKeysPage } from '../scripts/reference-pages.ts';
import { baselineSchema } from '../verify/baseline.ts';
import { commandsPage } from '../verify/commands/options.ts';
import { CHECKS } from '../verify/core/checks/index.ts';
import { COMMAND } from '../verify/core/command.ts';
import { GUARANTEES } from '../verify/core/result/guarantees.ts';
import { fieldsTables } from '../verify/core/testing/fields-tables.ts';
import { EXIT } from '../verify/errors.ts';
import { ownFaults } from '../verify/faults/own/index.ts';
import { judgeFile } from '../verify/judge-file.ts';
import { EXPLANATIONS } from '../verify/reports/explain/index.ts';
import { explainPage } from '../verify/reports/explain.ts';
import { parseTarget } from '../verify/target/load.ts';
import { targetSchema } from '../verify/target/schema-rules.ts';
import { replaced } from '../zoo/docs.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const blocks = (file: string, language: string): string[] =>
  [...read(file).matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    match => match[1] ?? '',
  );

/** @param setting a setting of the JSON schema as `name: value` */
function accepts(schema: unknown, setting: string): boolean {
  const [name = '', value = ''] = setting.split(': ');
  if (typeof schema !== 'object' || schema === null) return false;
  const { properties } = schema as {
    properties?: Record<string, { type?: string; const?: string; enum?: string[] }>;
  };
  const property = properties?.[name];
  if (property !== undefined) {
    const { type, const: only, enum: some = only === undefined ? undefined : [only] } = property;
    if (some?.includes(value) ?? (type !== 'boolean' || /^(true|false)$/.test(value))) return true;
  }
  return Object.values(schema).some(part => accepts(part, setting));
}

describe('docs', () => {
  it('the example history is valid, and its verdict is LOSS', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-docs-'));
    writeFileSync(join(folder, 'history.ndjson'), blocks('docs/history.md', 'json')[0] ?? '');
    const result = await judgeFile(folder);
    rmSync(folder, { recursive: true });
    expect(result).toMatchObject({ finished: 'complete', judgement: 'violated', remarks: [] });
    expect(result.guarantees[0]?.anomalies[0]).toMatchObject({ name: 'LOSS', session: 's1' });
  });

  it('the example of a conformance test is the file that a test runs', () => {
    expect(blocks('docs/store-conformance.md', 'ts')).toContain(
      read('conformance/testing/node-test-example.ts'),
    );
  });

  it.each([51, 2])('the example target file with %i accounts is valid', accounts => {
    const environment = {
      ALICE_PASSWORD: 'a',
      BOB_PASSWORD: 'b',
      LOAD_PASSWORD: 'b',
      OIDC_ISSUER: 'https://login.example.test',
      MAILPIT_URL: 'http://127.0.0.1:8025',
    };
    const pages = [
      'docs/target-file.md',
      'docs/login-session.md',
      'docs/login-oidc.md',
      'docs/login-mcp.md',
      'docs/login-mail.md',
      'docs/login-passkey.md',
      'docs/token-refresh.md',
    ];
    const targets = pages
      .flatMap(page => blocks(page, 'yaml'))
      .map(text => parseTarget(text, 'example', environment));
    expect(targets.map(target => target.accounts.length)).toContain(accounts);
  });

  it('the faults in faults.md are valid, and its tables describe what each does', () => {
    const text = read('docs/faults.md');
    const shown = blocks('docs/faults.md', 'yaml').filter(block => block.startsWith('faults:'));
    const head = read('baton.yaml').replace('name: card store', 'name: shop');
    const found = shown.flatMap(block => ownFaults(parseTarget(`${head}\n${block}`, 'example', {}), {}));
    expect(found.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['db-stop', 'app-pause', 'store-cut-off']),
    );
    for (const { name, does } of found.filter(
      fault => !fault.does.startsWith('runs the command of the target file'),
    ))
      expect(text).toContain(`| \`${name}\` | ${does}.`);
  });

  it('target.schema.json is the schema of the parser (vitest -u writes it)', async () => {
    const schema = z.toJSONSchema(targetSchema, { io: 'input', unrepresentable: 'any' });
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../docs/target.schema.json');
  });

  it('the tables of history.md list the parsed fields (vitest -u writes them)', async () => {
    const tables = Object.entries(fieldsTables());
    const page = tables.reduce(
      (text, [mark, lines]) => replaced(text, mark, lines, 'docs/history.md'),
      read('docs/history.md'),
    );
    await expect(page).toMatchFileSnapshot('../docs/history.md');
  });

  it('target-keys.md lists the keys of the parser (vitest -u writes it)', async () => {
    await expect(targetKeysPage()).toMatchFileSnapshot('../docs/target-keys.md');
  });

  it('the tables of faults.md list the faults of the stack (vitest -u writes them)', async () => {
    const page = Object.entries(faultTables()).reduce(
      (text, [mark, lines]) => replaced(text, mark, lines, 'docs/faults.md'),
      read('docs/faults.md'),
    );
    await expect(page).toMatchFileSnapshot('../docs/faults.md');
  });

  it('commands.md is the output of --help (vitest -u writes it)', async () => {
    await expect(commandsPage()).toMatchFileSnapshot('../docs/commands.md');
  });

  it('baseline.schema.json is the schema of the parser (vitest -u writes it)', async () => {
    const schema = z.toJSONSchema(baselineSchema, { io: 'input' });
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../docs/baseline.schema.json');
  });

  it('every setting in the guarantees, the explanations and target-file.md is valid in a target file', () => {
    const texts = [
      ...['docs/guarantees.md', 'docs/target-file.md', 'docs/init.md'].map(read),
      ...EXPLANATIONS.map(({ definition }) => definition),
    ].join('\n');
    const named = new Set(
      [...texts.matchAll(/`([a-z][\w-]*: [\w.-]+)`/g)].map(([, setting]) => setting ?? ''),
    );
    expect([...named]).toEqual(
      expect.arrayContaining(['cookie-policy: asvs', 'private-responses: strict', 'routing: spread']),
    );
    const schema = z.toJSONSchema(targetSchema, { io: 'input', unrepresentable: 'any' });
    // This line is a setting of Traefik's access log, not of a target file.
    const others = ['format: json'];
    expect([...named].filter(setting => !accepts(schema, setting))).toEqual(others);
  });

  it('guarantees.md lists every judged guarantee with its anomalies', () => {
    const text = read('docs/guarantees.md');
    for (const { guarantee } of CHECKS) {
      const row = text.split('\n').find(line => line.startsWith(`| \`${guarantee}\` |`));
      expect(row, guarantee).toContain(GUARANTEES[guarantee].anomalies.join(', '));
    }
  });

  it.each(EXPLANATIONS)(
    'guarantees/$guarantee.md is the output of baton explain (vitest -u writes it)',
    async entry => {
      const check = CHECKS.find(({ guarantee }) => guarantee === entry.guarantee);
      if (check === undefined)
        throw new Error(`expected a check of ${entry.guarantee}, found only its explanation`);
      const page = `../docs/guarantees/${entry.guarantee}.md`;
      await expect(explainPage(entry, check)).toMatchFileSnapshot(page);
    },
  );

  it('every guarantee is explained', () => {
    expect(EXPLANATIONS.map(entry => entry.guarantee).sort()).toEqual(
      CHECKS.map(check => check.guarantee).sort(),
    );
  });

  it('the README lists the exit codes of the code', () => {
    const listed = [...read('README.md').matchAll(/\*\*(\d+)\*\*/g)].map(match => Number(match[1]));
    expect(listed).toEqual(Object.values(EXIT));
  });

  describe('the command', () => {
    const texts = globSync(
      [
        '{*,docs/**/*}.{md,json,yml,yaml}',
        '{app,bench,conformance,loadtests,scripts,stack,tests,verify,zoo,deploy}/**/*',
        '.ci/run',
        '.github/**/*',
      ],
      { cwd: root, exclude: ['**/node_modules/**'] },
    ).filter(file => statSync(join(root, file)).isFile());
    const COMMANDS = 'verify|init|check|compare|zoo|stack|explain|doctor|k6|help';

    it('is never npx with the name of another project on npm', () => {
      const wrong = new RegExp(`npx (--?\\S+ )*${'baton'}(?![-\\w])`);
      expect(texts.length).toBeGreaterThan(500);
      expect(`npx ${'baton'} verify`).toMatch(wrong);
      expect(COMMAND).not.toMatch(wrong);
      expect(texts.filter(file => wrong.test(read(file)))).toEqual([]);
    });

    it('has its short name `baton` only in package.json scripts', () => {
      const short = new RegExp(`(?<![-\\w/."])baton (${COMMANDS})\\b`);
      const isComment = (line: string): boolean => /^\s*(\/?\*|\/\/|#)/.test(line);
      const found = texts
        .filter(file => file !== 'CHANGELOG.md' && !/\.test\.ts$/.test(file))
        .flatMap(file =>
          read(file)
            .split('\n')
            .filter(line => short.test(line) && (file.endsWith('.md') || !isComment(line)))
            .map(line => `${file}: ${line}`),
        );
      expect(found).toEqual([]);
    });
  });

  it.each(globSync('{*,docs/**/*}.md', { cwd: root }))('links of %s lead to existing files', file => {
    const links = [...read(file).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(match => match[1] ?? '');
    expect(links.filter(link => !existsSync(join(root, dirname(file), link)))).toEqual([]);
  });
});
