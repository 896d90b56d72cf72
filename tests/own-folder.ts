/**
 * Gives each integration test file its own temporary folder, in which the file can check that no temporary files are
 * left.
 */
import { chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { folderOfRun } from './used.ts';

const given = process.env['TMPDIR'];
// All test files share a compile cache, so that they do not compile the same code again.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache');
const folder = folderOfRun();
// Servers that run as another user need access to the folder.
chmodSync(folder, 0o755);
process.env['TMPDIR'] = folder;

// If a file skips all tests, vitest skips this hook. The end of the test run then removes the folder.
afterAll(() => {
  if (given === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = given;
  rmSync(folder, { recursive: true, force: true });
});
