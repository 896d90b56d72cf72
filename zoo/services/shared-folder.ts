/** A folder that all instances share, for stores that keep sessions as files. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Beside } from '../../stack/local.ts';

/** Makes a folder. Instances find its path in SESSIONS. The end of the stack removes the folder. */
export async function sharedFolder(): Promise<Beside> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-sessions-'));
  return { env: { SESSIONS: folder }, stop: () => rm(folder, { recursive: true, force: true }) };
}
