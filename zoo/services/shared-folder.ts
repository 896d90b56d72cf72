/** A folder that all instances share, for stores that keep sessions as files. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Beside } from '../../stack/local.ts';

/** Makes a folder, and names it to the instances as SESSIONS. It is removed when the stack stops. */
export async function sharedFolder(): Promise<Beside> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-sessions-'));
  return { env: { SESSIONS: folder }, stop: () => rm(folder, { recursive: true, force: true }) };
}
