/** Measures the size of the history of a run. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HISTORY } from '../../verify/history-reader.ts';

/**
 * Returns the size of a run's history on disk, bytes. Adds up the sizes of its files, whether they are compressed or
 * not.
 */
export const historySize = (folder: string): number =>
  readdirSync(folder)
    .filter(name => name.startsWith(HISTORY))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
