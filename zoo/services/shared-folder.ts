import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Beside } from '../../stack/local.ts';

/** Creates a folder for sessions in files, and removes it when the stack stops. Instances find its path in SESSIONS. */
export async function sharedFolder(): Promise<Beside> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-sessions-'));
  return { env: { SESSIONS: folder }, stop: () => rm(folder, { recursive: true, force: true }) };
}
