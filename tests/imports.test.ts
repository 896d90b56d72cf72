/** Checks the import rules of docs/architecture.md: data flows one way, and the core runs anywhere. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const isTest = (file: string): boolean => /\.test\.ts$|\/testing\//.test(file);

/** Returns every import of a source file: a package, `node:…`, or a path from the root. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'/gm)]
    .map(match => match[1] ?? match[2] ?? '')
    .map(name => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name));
}

const rules: { folder: string; may: RegExp; why: string }[] = [
  { folder: 'verify/core', may: /^verify\/core\//, why: 'core imports only core' },
  {
    folder: 'verify/core/search',
    may: /^verify\/core\/(?!checks\/|judge\.ts)/,
    why: 'the search imports operations and states, and no check',
  },
  { folder: 'verify/reports', may: /^verify\/(core|reports)\//, why: 'reports import only core and reports' },
  {
    folder: 'loadtests',
    may: /^(k6($|\/)|loadtests\/|verify\/(core|reports)\/|verify\/workloads\/random\.ts$)/,
    why: 'k6 has its own modules and no npm packages; the core judges',
  },
  {
    folder: 'conformance',
    may: /^(conformance\/|verify\/(core|reports)\/|(?!app\/|stack\/|verify\/|zoo\/|loadtests\/))/,
    why: 'authors of stores get the judge without the bundled system',
  },
  { folder: 'app', may: /^(?!verify\/|stack\/)/, why: 'the app does not depend on the code that tests it' },
  {
    folder: 'zoo/hosts/plain',
    may: /^(?!verify\/|stack\/|app\/)/,
    why: 'the plain host is a separate app, and does not depend on the code that tests it',
  },
  {
    folder: 'verify/client',
    may: /^(?!stack\/|app\/|verify\/(run|cli)\.ts)/,
    why: 'only run.ts and cli.ts may import everything',
  },
  {
    folder: 'verify/target',
    may: /^(?!stack\/|app\/|verify\/(run|cli)\.ts)/,
    why: 'only run.ts and cli.ts may import everything',
  },
  {
    folder: 'verify/workloads',
    may: /^(?!stack\/|app\/|verify\/(run|cli)\.ts)/,
    why: 'only run.ts and cli.ts may import everything',
  },
];

describe.each(rules)('$folder: $why', ({ folder, may }) => {
  const files = globSync(`${folder}/**/*.ts`, { cwd: root }).filter(file => !isTest(file));

  it('has files', () => expect(files.length).toBeGreaterThan(0));

  it.each(files)('%s', file => {
    expect(importsOf(file).filter(name => !may.test(name))).toEqual([]);
  });
});

/** Returns true if the file imports itself through other files. */
function isInCycle(file: string): boolean {
  const reached = new Set<string>();
  const open = [file];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const name of importsOf(next)) {
      if (name === file) return true;
      if (!name.endsWith('.ts') || reached.has(name)) continue;
      reached.add(name);
      open.push(name);
    }
  }
  return false;
}

describe('no import cycle', () => {
  it.each(globSync('verify/core/{search,checks}/*.ts', { cwd: root }).filter(file => !isTest(file)))(
    'leads back to %s',
    file => expect(isInCycle(file)).toBe(false),
  );
});

describe('the core', () => {
  it.each(globSync('verify/{core,reports}/**/*.ts', { cwd: root }).filter(file => !isTest(file)))(
    '%s has no clock, no randomness, no console and nothing asynchronous',
    file => {
      const code = readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      expect(code).not.toMatch(
        /\b(Date\.now|new Date|Math\.random|performance\.|console\.|async |await |Promise\b|setTimeout)/,
      );
    },
  );
});

describe('verify', () => {
  const files = globSync('verify/**/*.ts', { cwd: root }).filter(
    file => !isTest(file) && file !== 'verify/cli.ts',
  );

  it.each(files)('%s neither prints nor exits: only cli.ts does', file => {
    expect(readFileSync(join(root, file), 'utf8')).not.toMatch(
      /console\.|process\.(exit|stdout|stderr|argv)/,
    );
  });
});
