/** Reads the accounts of a target file: single accounts, patterns, and CSV files. */
import { csvRows } from './csv.ts';
import type { TargetFile } from './schema.ts';

export interface Account {
  user: string;
  password: string;
  /** Name of the user on pages, if it differs from the login name `user`. */
  shown?: string;
  /** Secret of the user's authenticator app, for one-time codes. */
  totp?: string;
  /** Unique name of the user in histories and reports. */
  label: string;
}

type Unlabelled = Omit<Account, 'label'>;

/**
 * Returns all accounts.
 *
 * @param read reads a file; `where` is the key of the target file that names this file, for errors
 * @param wrong returns the error for a problem in the target file
 * @param tag text that replaces {run} in user names
 */
export function accountsOf(
  entries: TargetFile['accounts'],
  read: (file: string, where: readonly PropertyKey[]) => string,
  wrong: (text: string, where: readonly PropertyKey[]) => Error,
  tag: string,
): Account[] {
  const entryOf = new Map<string, number>();
  const all = entries.flatMap((entry, index) => {
    const accounts = accountsIn(entry, index, read, wrong, tag);
    for (const { user } of accounts) {
      const earlier = entryOf.get(user);
      if (earlier !== undefined)
        throw wrong(
          `expected each user once, got ${JSON.stringify(user)} twice` +
            (earlier === index
              ? `, both in entry ${index + 1}${hint(entry)}`
              : `, in entries ${earlier + 1} and ${index + 1}: remove one`),
          ['accounts', index, entry.csv === undefined ? 'user' : 'csv'],
        );
      entryOf.set(user, index);
    }
    return accounts;
  });
  return labelled(all);
}

type Entry = TargetFile['accounts'][number];

const hint = ({ user, csv }: Entry): string =>
  csv === undefined && user?.includes('{n}') === false
    ? ': write {n} into `user`, which stands for 1 to `count`'
    : '';

function accountsIn(
  entry: Entry,
  index: number,
  read: (file: string, where: readonly PropertyKey[]) => string,
  wrong: (text: string, where: readonly PropertyKey[]) => Error,
  tag: string,
): Unlabelled[] {
  const { user, shown, totp, csv, passwordFile, count = 1 } = entry;
  const password =
    passwordFile === undefined
      ? entry.password
      : read(passwordFile, ['accounts', index, 'passwordFile']).replace(/\r?\n$/, '');
  if (csv !== undefined) {
    const where = ['accounts', index, 'csv'];
    return inFile(read(csv, where), password, text => wrong(`${csv} ${text}`, where));
  }
  return Array.from({ length: count }, (_, i) => {
    const numbered = (text: string): string => text.replaceAll('{n}', String(i + 1)).replaceAll('{run}', tag);
    return {
      user: numbered(user ?? ''),
      password: password ?? '',
      ...(shown === undefined ? {} : { shown: numbered(shown) }),
      ...(totp === undefined ? {} : { totp }),
    };
  });
}

function inFile(text: string, password: string | undefined, wrong: (text: string) => Error): Unlabelled[] {
  const rows = csvRows(text);
  if (rows.length === 0) throw wrong('has no row below the names of its columns');
  return rows.map((row, i) => {
    const { user = '', shown, totp } = row;
    const own = row['password'] || password;
    if (user === '') throw wrong(`row ${i + 1}: expected a value in the column \`user\`, got none`);
    if (own === undefined)
      throw wrong(
        `has no password for ${user}: expected a column \`password\`, or \`password\` next to \`csv\``,
      );
    return { user, password: own, ...(shown ? { shown } : {}), ...(totp ? { totp } : {}) };
  });
}

function labelled(accounts: Unlabelled[]): Account[] {
  const taken = new Set<string>();
  return accounts.map((account, index) => {
    let label = (account.user.split('@')[0] as string).replace(/[^\w-]/g, '-').slice(0, 20);
    if (taken.has(label)) label = `${label}-${index + 1}`;
    taken.add(label);
    return { ...account, label };
  });
}
