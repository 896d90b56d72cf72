/** Finds the programs that the stack runs but does not bring. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that the stack needs is not on this machine. */
export class MissingProgramError extends Error {
  override readonly name = 'MissingProgramError';
}

// Debian leaves the sbin folders, where nginx is, out of a normal user's PATH.
const ALSO = ['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/**
 * The path of the first of `names` that is installed, in that order.
 * Throws MissingProgramError with the remedy if none is.
 */
export function findProgram(...names: string[]): string {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter(folder => folder !== '');
  const folders = [...path, ...ALSO];
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, name);
      if (isExecutable(file)) return file;
    }
  }
  throw new MissingProgramError(
    `expected ${names.join(' or ')} on the PATH, but found none. Run scripts/setup, which installs it.`,
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Each argument is a choice of names. Throws one MissingProgramError for all that are missing. */
export function requirePrograms(...choices: string[][]): void {
  const problems: string[] = [];
  for (const names of choices) {
    try {
      findProgram(...names);
    } catch (error) {
      if (!(error instanceof MissingProgramError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new MissingProgramError(problems.join('\n'));
}
