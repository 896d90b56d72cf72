/**
 * Builds the npm package, with bundles in dist/, because Node runs no TypeScript under node_modules.
 * - `node scripts/package.ts build` builds dist/.
 * - `node scripts/package.ts prepack` builds dist/, and replaces package.json by the package.json of the npm package.
 * - `node scripts/package.ts postpack` restores package.json of the checkout.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { LEAST_NODE } from '../verify/node-version.ts';
import { writeBundle } from '../verify/view.ts';
import { bundledLibrary } from './k6-bundle.ts';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const MANIFEST = join(ROOT, 'package.json');
/** Path of the checkout's package.json while the package.json of the npm package is in its place. */
const KEPT = join(ROOT, 'package.checkout.json');

/** Key: name of a bundle; value: source file of the entry point. */
const ENTRIES = {
  cli: 'verify/cli.ts',
  index: 'verify/index.ts',
  worker: 'verify/worker.ts',
  'store-conformance': 'conformance/index.ts',
};
/** k6 cannot load files that several bundles share, so its library is bundled separately. */
const K6 = 'loadtests/lib/k6.ts';
/** Packages that a test of a session store needs. A project with such a store already has them. */
const PEERS = ['express', 'express-session'];
/** Modules that the npm package lacks. verify/commands/checkout.ts reports commands that need them. */
const CHECKOUT = ['*/stack/start.ts', '*/commands/stack.ts', '*/commands/zoo.ts'];

/** Files of the npm package. It omits pages that are only for developers of Baton. */
const FILES = [
  'dist',
  'docs/*.md',
  '!docs/architecture.md',
  '!docs/mutation.md',
  '!docs/judge-speed.md',
  '!docs/speed.md',
  '!docs/power.md',
  // Omits the pages about the card store (the bundled web shop), its stack and the zoo, which the package lacks.
  '!docs/app.md',
  '!docs/compose.md',
  '!docs/fleet.md',
  '!docs/zoo.md',
  '!docs/stores.md',
  '!docs/asvs.md',
  '!docs/balancers.md',
  '!docs/aws.md',
  '!docs/kubernetes.md',
  // Omits this page, because the package lacks the pictures of the page.
  '!docs/gallery.md',
  'docs/target.schema.json',
  'docs/result.schema.json',
];

interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  type: string;
  dependencies: Record<string, string>;
}

/** Returns the npm packages that the bundles import when they start. */
async function bundle(): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ENTRIES,
    outdir: DIST,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: `node${LEAST_NODE}`,
    packages: 'external',
    external: CHECKOUT,
    chunkNames: 'part-[hash]',
    // Short lines keep the line numbers in a stack trace useful.
    minify: true,
    lineLimit: 120,
    metafile: true,
  });
  return packagesOf(metafile);
}

function packagesOf({ outputs }: Metafile): string[] {
  const imports = Object.values(outputs).flatMap(output => output.imports);
  const names = imports
    .filter(
      ({ external, kind, path }) => external && kind === 'import-statement' && !path.startsWith('node:'),
    )
    .map(({ path }) => /^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path);
  return [...new Set(names)].toSorted();
}

/** Writes the type declarations of the entry points, and all declarations that they import. */
function declare(): void {
  const all = join(DIST, 'all');
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', 'scripts/tsconfig.types.json', '--outDir', all], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  const seen = new Set<string>();
  const follow = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, path = ''] of text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g))
      follow(join(dirname(file), path.replace(/\.[jt]s$/, '.d.ts')));
    const kept = join(DIST, 'types', relative(all, file));
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, text);
  };
  for (const entry of [ENTRIES.index, ENTRIES['store-conformance'], K6])
    follow(join(all, entry.replace(/\.ts$/, '.d.ts')));
  rmSync(all, { recursive: true });
}

function entry(name: string, source: string): Record<string, string> {
  return { types: `./dist/types/${source.replace(/\.ts$/, '.d.ts')}`, default: `./dist/${name}.js` };
}

function dependenciesOf(own: Manifest, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map(wanted => {
      const wants = own.dependencies[wanted];
      if (wants === undefined) throw new Error(`package.json: expected ${wanted} in dependencies`);
      return [wanted, wants];
    }),
  );
}

/**
 * Returns the package.json of the npm package.
 * @param packages names of the npm packages that Baton needs to run
 */
function published(own: Manifest, packages: readonly string[]): object {
  const { name, version, description, license, type } = own;
  return {
    name,
    version,
    description,
    license,
    type,
    // The package.json of the checkout has no `engines`: npx would compare them with the machine's Node, but the
    // checkout uses its own Node.
    engines: { node: `>=${LEAST_NODE}` },
    bin: { baton: 'dist/cli.js', 'baton-verify': 'dist/cli.js' },
    exports: {
      '.': entry('index', ENTRIES.index),
      './k6': entry('k6', K6),
      './store-conformance': entry('store-conformance', ENTRIES['store-conformance']),
      './package.json': './package.json',
    },
    files: FILES,
    dependencies: dependenciesOf(
      own,
      packages.filter(wanted => !PEERS.includes(wanted)),
    ),
    peerDependencies: { express: '5', 'express-session': '1' },
    peerDependenciesMeta: Object.fromEntries(PEERS.map(peer => [peer, { optional: true }])),
  };
}

async function make(): Promise<string[]> {
  rmSync(DIST, { recursive: true, force: true });
  const packages = await bundle();
  writeFileSync(join(DIST, 'k6.js'), await bundledLibrary());
  await writeBundle(DIST);
  declare();
  return packages;
}

const [, , step] = process.argv;
if (step === 'build') await make();
else if (step === 'prepack') {
  // Restores the checkout's package.json if an earlier `prepack` was interrupted.
  if (existsSync(KEPT)) renameSync(KEPT, MANIFEST);
  const packages = await make();
  const own = readFileSync(MANIFEST, 'utf8');
  writeFileSync(KEPT, own);
  writeFileSync(MANIFEST, `${JSON.stringify(published(JSON.parse(own) as Manifest, packages), null, 2)}\n`);
} else if (step === 'postpack') renameSync(KEPT, MANIFEST);
else throw new Error(`scripts/package.ts: expected build, prepack or postpack, got ${step}`);
