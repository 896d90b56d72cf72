/**
 * Packs a copy of this checkout as an npm package, and installs it as a user does, without a registry. The install
 * fails if package.json lacks a package that Baton needs.
 */
import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledLibrary } from '../scripts/k6-bundle.ts';
import { startLocalStack } from '../stack/local.ts';
import type { Stack } from '../stack/stack.ts';
import { isAtLeast, LEAST_NODE } from '../verify/node-version.ts';
import { LONG } from './long.ts';
import { used } from './used.ts';

const ROOT = join(import.meta.dirname, '..');
const MODULES = join(ROOT, 'node_modules');
/** Maximum size of the npm package's tarball, bytes. */
const SMALL = 600_000;
const LIBRARY = readFileSync(join(ROOT, 'docs/library.md'), 'utf8');

let folder: string;
let empty: string;
let tarball: string;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const run = (cwd: string, program: string, ...args: string[]): Promise<Ended> =>
  runOn(dirname(process.execPath), cwd, program, ...args);

/** @param node folder of a Node installation, which comes first on the PATH */
function runOn(node: string, cwd: string, program: string, ...args: string[]): Promise<Ended> {
  const env = {
    PATH: [node, process.env['PATH']].join(delimiter),
    HOME: process.env['HOME'],
    NO_COLOR: '1',
    STORE_PASSWORD: 'correct-horse-battery',
  };
  return new Promise(resolve => {
    execFile(program, args, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function succeeds(cwd: string, program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(cwd, program, ...args);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
}

const manifest = (path: string): { dependencies?: Record<string, string>; engines?: object } =>
  JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));

/** Copies packages and their dependencies to the places where `npm install` would write them. */
function provide(names: readonly string[], modules: string, seen = new Set<string>()): void {
  for (const name of names.filter(wanted => !seen.has(wanted))) {
    seen.add(name);
    cpSync(join(MODULES, name), join(modules, name), { recursive: true });
    provide(Object.keys(manifest(join(MODULES, name)).dependencies ?? {}), modules, seen);
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-package-'));
  const checkout = join(folder, 'checkout');
  const left = ['node_modules', '.git', 'runs', 'dist'].map(name => join(ROOT, name));
  cpSync(ROOT, checkout, { recursive: true, filter: source => !left.includes(source) });
  symlinkSync(MODULES, join(checkout, 'node_modules'));
  const before = readFileSync(join(checkout, 'package.json'), 'utf8');
  const packed = await succeeds(checkout, 'npm', 'pack', '--silent', '--pack-destination', folder);
  expect(readFileSync(join(checkout, 'package.json'), 'utf8')).toBe(before);
  tarball = join(folder, basename(packed.trim()));
  empty = join(folder, 'empty');
  mkdirSync(join(empty, 'node_modules'), { recursive: true });
  await succeeds(folder, 'tar', 'xzf', tarball, 'package/package.json');
  provide(Object.keys(manifest(join(folder, 'package')).dependencies ?? {}), join(empty, 'node_modules'));
  await succeeds(empty, 'npm', 'install', '--offline', '--no-audit', '--no-fund', tarball);
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const baton = (...args: string[]): Promise<Ended> => run(empty, 'npx', '--offline', 'baton-verify', ...args);
const QUICK = ['--claims', 'continuity,isolation', '--duration', '3s', '--sessions', '16', '--quiet'];

/** Writes a code block of docs/library.md to a file. The first line of the block names the file. */
function example(name: string): void {
  const block = LIBRARY.match(/```ts\n([\s\S]*?)```/g)?.find(text => text.includes(`// ${name}\n`));
  if (block === undefined) throw new Error(`docs/library.md: expected an example // ${name}`);
  writeFileSync(join(empty, name), block.slice('```ts\n'.length, -'```'.length));
}

/** Starts a stack, and writes a target file that claims only guarantees that need no logs. */
async function withStack(env: Record<string, string>, act: (stack: Stack) => Promise<void>): Promise<void> {
  const stack = await startLocalStack({ port: 'any', instances: 2, env });
  try {
    const text = readFileSync(join(ROOT, 'baton.yaml'), 'utf8');
    const claims = text.slice(text.indexOf('\nclaims:\n'), text.indexOf('\n\n# While the store'));
    writeFileSync(
      join(empty, 'target.yaml'),
      text.replace(claims, '\nclaims: [continuity, isolation]').replace(/^url: .*$/m, `url: ${stack.url}`),
    );
    await act(stack);
  } finally {
    await stack.stop();
  }
}

/** Returns the folder of an installed Node that has npx but is too old for Baton; undefined if there is none. */
function olderNode(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const older = folders.find(folder => {
    if (!existsSync(join(folder, 'node')) || !existsSync(join(folder, 'npx'))) return false;
    const version = execFileSync(join(folder, 'node'), ['--version'], { encoding: 'utf8' }).trim().slice(1);
    return !isAtLeast(version, LEAST_NODE);
  });
  const tested =
    older === undefined
      ? `NOT TESTED: no Node before ${LEAST_NODE} on the PATH`
      : `tested with ${older}/node`;
  used('an older Node', tested);
  return older;
}

const older = olderNode();

describe.skipIf(older === undefined)('on a too old Node', () => {
  it('the package says which Node it needs and how to get it', async () => {
    const cli = join(empty, 'node_modules/baton-verify/dist/cli.js');
    const { code, stdout, stderr } = await runOn(older ?? '', empty, 'node', cli, 'verify', 'target.yaml');
    expect(stderr).toMatch(
      /^baton: expected Node 22\.18 or later, got \d+\.\d+\.\d+ \(.*node\)\. Install .*\n$/,
    );
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });

  it('npx in a checkout runs the command with the Node of the checkout, without warnings', async () => {
    const { code, stdout, stderr } = await runOn(older ?? '', ROOT, 'npx', 'baton-verify', 'help');
    expect(stdout).toContain('usage: npx baton-verify');
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});

describe('the npm package', () => {
  it('has a limited size, and needs no development dependency', () => {
    expect(statSync(tarball).size).toBeLessThan(SMALL);
    const { dependencies, engines } = manifest(join(empty, 'node_modules/baton-verify'));
    expect(engines).toEqual({ node: `>=${LEAST_NODE}` });
    expect(Object.keys(dependencies ?? {})).toEqual([
      'entities',
      'fastest-levenshtein',
      'htmlparser2',
      'otpauth',
      'tough-cookie',
      'yaml',
      'zod',
    ]);
  });

  it('has both commands', async () => {
    for (const command of ['baton', 'baton-verify'])
      expect(await succeeds(empty, join('node_modules/.bin', command), 'help')).toContain(
        'usage: npx baton-verify',
      );
    expect(await succeeds(empty, 'npx', '--offline', 'baton-verify', 'doctor')).toContain('the npm package');
  });

  it.each([['verify', '--stack', 'local'], ['zoo'], ['stack']])(
    'reports that %s needs a checkout',
    async (...args) => {
      const { code, stderr } = await baton(...args);
      expect(stderr).toMatch(/expected a checkout of Baton, and this is the npm package/);
      expect(code).toBe(64);
    },
  );

  it('has the library for k6 scripts in one file, with types', async () => {
    const own = join(empty, 'node_modules/baton-verify');
    const { exports } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'));
    expect(readFileSync(join(own, exports['./k6'].default), 'utf8')).toBe(await bundledLibrary());
    expect(readFileSync(join(own, exports['./k6'].types), 'utf8')).toContain(
      'export declare function verified(',
    );
  });

  it('has types', async () => {
    example('verify.mts');
    symlinkSync(join(MODULES, '@types'), join(empty, 'node_modules/@types'));
    const stores = 'node_modules/baton-verify/dist/types/conformance/index.d.ts';
    const options = ['--module', 'nodenext', '--strict', '--noEmit', '--target', 'es2024', '--types', 'node'];
    await succeeds(empty, join(MODULES, '.bin/tsc'), '--ignoreConfig', ...options, 'verify.mts', stores);
  });

  it.runIf(LONG)('verifies a running system, by its commands and as a library', async () => {
    await withStack({}, async ({ url }) => {
      const { code, stdout } = await baton('verify', 'target.yaml', '--url', url, ...QUICK);
      expect(stdout).toContain(' VALID ');
      expect(code).toBe(0);
      example('verify.mts');
      const library = await run(empty, process.execPath, 'verify.mts');
      expect(library.stderr).toMatch(/^ready\nload\nlogs\njudge\n\d+ requests, history in runs\//m);
      expect(library.stdout).toContain(' VALID ');
      expect(library.code).toBe(0);
    });
  });

  it('writes a target file for a running system, and verifies the system with it', async () => {
    await withStack({}, async ({ url }) => {
      const accounts = ['alice', 'bob'].flatMap(name => ['--user', `${name}@example.test`]);
      const more = ['--password-env', 'STORE_PASSWORD', '--probe', '--file', 'found.yaml', '--quiet'];
      const found = await baton('init', url, ...accounts, ...more);
      expect(found.stderr, found.stderr).toContain('written     found.yaml');
      expect(found.stdout).toContain(' VALID ');
      expect(found.code).toBe(0);
      const { code, stdout } = await baton('found.yaml', ...QUICK);
      expect(stdout).toContain(' VALID ');
      expect(code).toBe(0);
    });
  });

  it.runIf(LONG)('fails the test of a project that loses sessions', async () => {
    await withStack({ SESSION_STORE: 'memory' }, async () => {
      expect((await baton('target.yaml', ...QUICK)).code).toBe(1);
      example('sessions.test.ts');
      symlinkSync(join(MODULES, 'vitest'), join(empty, 'node_modules/vitest'));
      const tested = await run(
        empty,
        process.execPath,
        'node_modules/vitest/vitest.mjs',
        'run',
        '--root',
        '.',
      );
      expect(tested.stdout + tested.stderr).toMatch(/LOSS {2}continuity {2}session/);
      expect(tested.code).toBe(1);
    });
  });
});
