import { defineConfig } from 'vitest/config';

// The tests that are to notice a broken check: those of the core, none that start a server.
export default defineConfig({
  test: {
    include: ['verify/core/**/*.test.ts', 'verify/judge-file.test.ts'],
    exclude: ['**/*.integration.test.ts'],
  },
});
