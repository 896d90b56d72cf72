import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A mutant is done with at its first failing test: the quick ones first, those that draw random histories last. */
class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const drawn = (file: TestSpecification): number => Number(file.moduleId.includes('.property.'));
    return sorted.toSorted((a, b) => drawn(a) - drawn(b));
  }
}

// The tests that are to notice a broken check: those of the core, none that start a server.
export default defineConfig({
  test: {
    include: ['verify/core/**/*.test.ts', 'verify/judge-file.test.ts', 'verify/target/interpret.test.ts'],
    exclude: ['**/*.integration.test.ts'],
    // The core is pure: test files may share its modules, and a mutant costs a third of what it would.
    isolate: false,
    env: { BATON_SHARE: '0.1' },
    sequence: { sequencer: QuickFirst },
  },
});
