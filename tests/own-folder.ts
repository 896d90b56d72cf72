/**
 * For each integration test file: temporary folders in one of its own. Two files run at once, and some look at what
 * is left there.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const given = process.env['TMPDIR'];
// What Node keeps of compiled sources is the same for all.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache');
const folder = mkdtempSync(join(tmpdir(), 'baton-test-'));
// Servers that run as a user of their own get through.
chmodSync(folder, 0o755);
process.env['TMPDIR'] = folder;

afterAll(() => {
  if (given === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = given;
  rmSync(folder, { recursive: true, force: true });
});
