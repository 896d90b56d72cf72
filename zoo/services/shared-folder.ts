/** Creates a folder that all instances share, for session stores that keep sessions as files. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Beside } from '../../stack/local.ts';

/** Creates a folder. Instances find its path in the variable SESSIONS. The folder is removed when the stack stops. */
export async function sharedFolder(): Promise<Beside> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-sessions-'));
  return { env: { SESSIONS: folder }, stop: () => rm(folder, { recursive: true, force: true }) };
}
