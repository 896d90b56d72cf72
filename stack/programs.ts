import { accessSync, constants, globSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export class MissingProgramError extends Error {
  override readonly name = 'MissingProgramError';
}

/** Programs that `scripts/setup` installs only with --stores. */
const OPTIONAL: readonly string[] = ['postgres', 'memcached', 'haproxy', 'weed'];

const newestFirst = (a: string, b: string) => b.localeCompare(a, 'en', { numeric: true });
const POSTGRES = ['/usr/lib/postgresql/*/bin', '/opt/homebrew/opt/postgresql@*/bin'];

// Debian's PATH lacks the sbin folders, where nginx is. No PATH includes PostgreSQL's programs.
const ALSO = [
  ...['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'],
  ...POSTGRES.flatMap(pattern => globSync(pattern).toSorted(newestFirst)),
  join(import.meta.dirname, '../node_modules/.bin'),
];

/** Returns the path of the first installed program. Throws MissingProgramError if none is installed. */
export function findProgram(...names: string[]): string {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter(folder => folder !== '');
  const folders = [...path, ...ALSO];
  const found = names.flatMap(name => folders.map(folder => join(folder, name))).find(isExecutable);
  if (found !== undefined) return found;
  const setup = names.some(name => OPTIONAL.includes(name)) ? 'scripts/setup --stores' : 'scripts/setup';
  throw new MissingProgramError(
    `expected ${names.join(' or ')} on the PATH, but found none. Run ${setup}, which installs it.`,
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

/**
 * Throws one MissingProgramError that names all missing programs.
 * @param choices each a list of alternative names for one program
 */
export function requirePrograms(...choices: string[][]): void {
  const problems = choices.flatMap(names => {
    try {
      findProgram(...names);
      return [];
    } catch (error) {
      return [(error as MissingProgramError).message];
    }
  });
  if (problems.length > 0) throw new MissingProgramError(problems.join('\n'));
}

/** Returns the ids of a user of this machine; undefined if the user does not exist. */
export function findUser(name: string): { uid: number; gid: number } | undefined {
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const [, , uid, gid] = users.find(line => line.startsWith(`${name}:`))?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}
