import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const FOLDERS = '{app,bench,conformance,stack,verify,zoo,loadtests,tests}';

/** Tests that run only in `npm run test:long`. */
const LONG =
  process.env['BATON_LONG'] === undefined ? ['zoo/plants/**', '**/interrupted.integration.test.ts'] : [];

/** Number of test files that run at once. The default of vitest on two cores is one. */
const WORKERS = Math.max(2, availableParallelism() - 1);

// Projects: unit (pure or in-process), property (fast-check), integration (real Redis, nginx and instances).
// The timeout only ends a test that hangs.
// Files without isolation share loaded modules, which halves the CPU time of unit tests.
const project = (name: string, include: string[], extra: object = {}) => ({
  test: {
    name,
    include,
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: WORKERS,
    ...extra,
  },
});

/** Path of an additional JSON report. */
const results = process.env['BATON_TEST_RESULTS'];

export default defineConfig({
  test: {
    ...(results === undefined ? {} : { reporters: ['default', 'json'], outputFile: { json: results } }),
    // Prints at the end of a run which optional programs the tests used, such as k6 and containers.
    globalSetup: ['tests/used.ts'],
    projects: [
      project('unit', [`${FOLDERS}/**/*.test.ts`], {
        exclude: ['**/*.property.test.ts', '**/*.integration.test.ts', '**/node_modules/**'],
      }),
      project('property', [`${FOLDERS}/**/*.property.test.ts`]),
      project('integration', [`${FOLDERS}/**/*.integration.test.ts`], {
        // The tests mostly wait, so two files run at once.
        maxWorkers: 2,
        // Each file has its own environment variables and folder for temporary files.
        isolate: true,
        setupFiles: ['tests/own-folder.ts'],
        sequence: { groupOrder: 1 },
        exclude: ['**/node_modules/**', ...LONG],
      }),
    ],
  },
});
