import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HISTORY } from '../../verify/history-reader.ts';

/** Returns the size of a run's history on disk, bytes: the sum of its files, compressed or not. */
export const historySize = (folder: string): number =>
  readdirSync(folder)
    .filter(name => name.startsWith(HISTORY))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
