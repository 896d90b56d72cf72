/**
 * Gives each integration test file its own folder for temporary files. Two test files run at the same time, and some
 * of them check that no temporary files are left.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const given = process.env['TMPDIR'];
// All test files share Node's compile cache, so that each file does not compile the same code again.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache');
const folder = mkdtempSync(join(tmpdir(), 'baton-test-'));
// Servers that run as another user need access to the folder.
chmodSync(folder, 0o755);
process.env['TMPDIR'] = folder;

afterAll(() => {
  if (given === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = given;
  rmSync(folder, { recursive: true, force: true });
});
