/** Checks the import rules of docs/architecture.md. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const isTest = (file: string): boolean => /\.test\.ts$|\/testing\//.test(file);

/** Returns every import of a source file: a package, `node:…`, or a path from the root. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [
    ...text.matchAll(
      /^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\('([^']+)'\)/gm,
    ),
  ]
    .map(match => match[1] ?? match[2] ?? match[3] ?? '')
    .map(name => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name));
}

const rules: { folder: string; may: RegExp; why: string }[] = [
  { folder: 'verify/core', may: /^verify\/core\//, why: 'core imports only core' },
  {
    folder: 'verify/core/search',
    may: /^verify\/core\/(?!checks\/|timeline\/judge\.ts)/,
    why: 'the search imports operations and states, and no check',
  },
  { folder: 'verify/reports', may: /^verify\/(core|reports)\//, why: 'reports import only core and reports' },
  {
    folder: 'loadtests',
    may: /^(k6($|\/)|loadtests\/|verify\/(core|reports)\/|verify\/random\.ts$)/,
    why: 'k6 has its own modules and no npm packages; the core judges',
  },
  {
    folder: 'conformance',
    may: /^(conformance\/|verify\/(core|reports)\/|(?!app\/|stack\/|verify\/|zoo\/|loadtests\/))/,
    why: 'authors of stores get the judge without the bundled system',
  },
  { folder: 'verify', may: /^(?!app\/)/, why: 'the verifier depends on no system under test' },
  {
    folder: 'zoo/hosts/plain',
    may: /^(?!verify\/|stack\/|app\/)/,
    why: 'the plain host is a separate app, and does not depend on the code that tests it',
  },
];

describe.each(rules)('$folder: $why', ({ folder, may }) => {
  const files = globSync(`${folder}/**/*.ts`, { cwd: root }).filter(file => !isTest(file));

  it('has files', () => expect(files.length).toBeGreaterThan(0));

  it.each(files)('%s', file => {
    expect(importsOf(file).filter(name => !may.test(name))).toEqual([]);
  });
});

/** All source files, without tests. */
const sources = globSync('{app,bench,conformance,loadtests,scripts,stack,tests,verify,zoo}/**/*.ts', {
  cwd: root,
}).filter(file => !isTest(file));

const imports = new Map(sources.map(file => [file, importsOf(file).filter(name => name.endsWith('.ts'))]));

/** Returns a cycle of imports, which ends with its first file; undefined if there is none. */
function cycleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const from = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const name of graph.get(file) ?? []) {
      const found = from(name, [...path, file]);
      if (found !== undefined) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const found = from(file, []);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('an import cycle', () => {
  it('does not exist in the source files', () => expect(cycleIn(imports)).toBeUndefined());

  it('is found in a graph that contains a cycle', () => {
    const graph = new Map([
      ['a', ['b', 'c']],
      ['b', []],
      ['c', ['d']],
      ['d', ['b', 'c']],
    ]);
    expect(cycleIn(graph)).toEqual(['c', 'd', 'c']);
  });
});

/** Layers from the lowest to the highest. A file may import only from its own and lower layers. */
const layers: readonly RegExp[] = [
  /^app\//,
  /^verify\/core\//,
  /^verify\/reports\//,
  /^verify\/ui\//,
  /^verify\/(errors|lines|nearest|node-version|random)\.ts$/,
  /^verify\/target\//,
  /^verify\/client\//,
  /^verify\/ready\//,
  /^verify\/workloads\//,
  /^verify\/import\//,
  /^stack\//,
  /^verify\/faults\//,
  /^verify\/init\//,
  /^verify\/(?!cli\.ts)[^/]+\.ts$/,
  /^verify\/gate\//,
  /^zoo\//,
  /^verify\/commands\//,
  /^verify\/cli\.ts$/,
  /^(bench|conformance|loadtests|scripts|tests)\//,
];
const layerOf = (file: string): number => layers.findIndex(layer => layer.test(file));

it('every file is in a layer, and no file imports from a higher layer', () => {
  expect(sources.filter(file => layerOf(file) === -1)).toEqual([]);
  const upward = [...imports].flatMap(([file, names]) =>
    names.filter(name => layerOf(name) > layerOf(file)).map(name => `${file} imports ${name}`),
  );
  expect(upward).toEqual([]);
});

it('no two exported types have the same name', () => {
  const declared = new Map<string, string[]>();
  for (const file of sources.filter(name => !name.startsWith('tests/'))) {
    const names = readFileSync(join(root, file), 'utf8').matchAll(
      /^export (?:abstract )?(?:interface|type|class) ([A-Z]\w*)/gm,
    );
    for (const [, name = ''] of names) declared.set(name, [...(declared.get(name) ?? []), file]);
  }
  expect([...declared].filter(([, files]) => files.length > 1)).toEqual([]);
});

describe('the core', () => {
  it('has only checks of at most 120 lines', () => {
    const checks = globSync('verify/core/checks/*.ts', { cwd: root }).filter(
      file => !isTest(file) && !file.endsWith('/framework.ts'),
    );
    const long = checks.filter(file => readFileSync(join(root, file), 'utf8').split('\n').length > 121);
    expect(checks.length).toBeGreaterThan(50);
    expect(long).toEqual([]);
  });

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
