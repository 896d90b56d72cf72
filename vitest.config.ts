import { defineConfig } from 'vitest/config';

const FOLDERS = '{app,conformance,stack,verify,zoo,loadtests,tests}';

/** What takes long runs only in `npm run test:long`. */
const LONG =
  process.env['BATON_LONG'] === undefined ? ['zoo/plants/**', '**/interrupted.integration.test.ts'] : [];

// unit: pure or in-process. property: fast-check. integration: real Redis, nginx and instances.
// The time limit only ends what hangs: no test depends on the speed of the machine.
const project = (name: string, include: string[], extra: object = {}) => ({
  test: { name, include, testTimeout: 120_000, hookTimeout: 60_000, ...extra },
});

/** Where a report as JSON is written too. */
const results = process.env['BATON_TEST_RESULTS'];

export default defineConfig({
  test: {
    ...(results === undefined ? {} : { reporters: ['default', 'json'], outputFile: { json: results } }),
    // Ends the run with what it really used: a k6, containers.
    globalSetup: ['tests/used.ts'],
    projects: [
      project('unit', [`${FOLDERS}/**/*.test.ts`], {
        exclude: ['**/*.property.test.ts', '**/*.integration.test.ts', '**/node_modules/**'],
      }),
      project('property', [`${FOLDERS}/**/*.property.test.ts`]),
      project('integration', [`${FOLDERS}/**/*.integration.test.ts`], {
        // Two cores: servers under test and their load share them. Much of a file is waiting, so two run at once.
        maxWorkers: 2,
        setupFiles: ['tests/own-folder.ts'],
        sequence: { groupOrder: 1 },
        exclude: ['**/node_modules/**', ...LONG],
      }),
    ],
  },
});
