import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HISTORY } from '../../verify/history-reader.ts';

/** Returns the size of a history's files on disk, bytes. */
export const historySize = (folder: string): number =>
  readdirSync(folder)
    .filter(name => name.startsWith(HISTORY))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
