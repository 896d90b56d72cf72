/** Finds an account of the target file by its number or by the user's name, without a list of all accounts. */

/** An entry under `accounts`. With `count`, it stands for many accounts: {n} in the user name becomes 1, 2, … */
interface AccountSpec {
  user: string;
  /** The user's name as pages show it, if it is not the login name. The name may contain {n}. */
  shown?: string | undefined;
  password: string;
  count?: number | undefined;
}

export type Accounts = readonly AccountSpec[];

export interface PoolAccount {
  user: string;
  password: string;
  label: string;
}

const sizeOf = ({ count = 1 }: AccountSpec): number => count;

export const poolOf = (accounts: Accounts): number => accounts.reduce((sum, spec) => sum + sizeOf(spec), 0);

/** @param n number of the account, counted from 1. After the last account, the first one follows */
export function accountOf(accounts: Accounts, n: number): PoolAccount {
  let index = (n - 1) % poolOf(accounts);
  for (const [i, spec] of accounts.entries()) {
    if (index < sizeOf(spec)) {
      const user = nameOf(spec, index + 1);
      return { user, password: spec.password, label: labelIn(accounts, i, user) };
    }
    index -= sizeOf(spec);
  }
  throw new Error('expected at least one account');
}

export function userLabel(accounts: Accounts, name: string): string | undefined {
  for (const [i, spec] of accounts.entries()) {
    const number = numberOf(spec, name);
    if (number !== undefined) return labelIn(accounts, i, nameOf(spec, number));
  }
  return undefined;
}

const nameOf = ({ user, count }: AccountSpec, n: number): string =>
  count === undefined ? user : user.replaceAll('{n}', String(n));

function numberOf({ user, shown = user, count }: AccountSpec, name: string): number | undefined {
  if (count === undefined) return shown === name ? 1 : undefined;
  const before = shown.slice(0, shown.indexOf('{n}'));
  if (!name.startsWith(before)) return undefined;
  const number = Number(/^[1-9]\d{0,8}/.exec(name.slice(before.length))?.[0]);
  return number <= count && shown.replaceAll('{n}', String(number)) === name ? number : undefined;
}

/** Returns the user name up to the @. Appends the entry's number if an earlier entry may give the same text. */
function labelIn(accounts: Accounts, index: number, name: string): string {
  const label = shortOf(name);
  const taken = accounts.slice(0, index).some(spec => mayBe(spec, label));
  return taken ? `${label}-${index + 1}` : label;
}

const shortOf = (name: string): string => (name.split('@')[0] ?? '').replace(/[^\w-]/g, '-').slice(0, 20);

function mayBe(spec: AccountSpec, label: string): boolean {
  if (spec.count === undefined) return shortOf(spec.user) === label;
  const [before = ''] = shortOf(spec.user.replaceAll('{n}', '0')).split('0');
  return label.startsWith(before);
}

export const newcomer = (canary: string, number: number, nth: number): PoolAccount => ({
  user: `${canary}-${number}-${nth}@example.test`,
  password: `new-${canary}-${number}`,
  label: `${canary}-${number}-${nth}`,
});

export function newcomerLabel(name: string, canary: string): string | undefined {
  const label = name.split('@')[0] ?? '';
  return label.startsWith(`${canary}-`) && name === `${label}@example.test` ? label : undefined;
}
