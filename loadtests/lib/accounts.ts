/** Which virtual user is which user of the app, and what histories and reports call it. Pure. */
import type { Settings } from './settings.ts';

type Accounts = Pick<Settings, 'account' | 'accounts'>;

/** @returns the user name of the n-th virtual user; they share accounts when there are fewer */
export const accountOf = ({ account, accounts }: Accounts, n: number): string =>
  account.replaceAll('{n}', String(((n - 1) % accounts) + 1));

/** @returns the label of an account, by its number; undefined for a name that is none of them */
export function userLabel({ account, accounts }: Accounts, name: string): string | undefined {
  const [before = '', ...after] = account.split('{n}');
  if (after.length === 0) return name === account ? 'user' : undefined;
  if (!name.startsWith(before)) return undefined;
  const number = /^[1-9]\d*/.exec(name.slice(before.length))?.[0];
  if (number === undefined || Number(number) > accounts || account.replaceAll('{n}', number) !== name) {
    return undefined;
  }
  return `user${number}`;
}
