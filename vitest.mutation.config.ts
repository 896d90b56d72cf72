import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Runs fast tests first, and random histories last: the first failing test ends the run of a mutant. */
class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const drawn = (file: TestSpecification): number => Number(file.moduleId.includes('.property.'));
    return sorted.toSorted((a, b) => drawn(a) - drawn(b));
  }
}

// The tests of the core, except tests that start a server. Some parts of the core are tested beside their callers.
export default defineConfig({
  test: {
    include: [
      'verify/core/**/*.test.ts',
      'verify/judge-file.test.ts',
      'verify/client/interpreter.test.ts',
      'verify/reports/comparison.test.ts',
      'loadtests/sums.test.ts',
      'loadtests/lib/settings.test.ts',
    ],
    exclude: ['**/*.integration.test.ts'],
    // Test files share the modules of the pure core. A mutant then takes a third of the time.
    isolate: false,
    env: { BATON_SHARE: '0.1' },
    sequence: { sequencer: QuickFirst },
  },
});
