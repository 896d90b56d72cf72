/** Which account is whose, and what histories and reports call it. Pure; no list of all accounts is ever made. */

/** One account, or with `count` as many: {n} stands for 1 to count. */
interface AccountSpec {
  user: string;
  /** What pages call the user, where that is not the name that logs in; {n} likewise. */
  shown?: string | undefined;
  password: string;
  count?: number | undefined;
}

export type Accounts = readonly AccountSpec[];

export interface Account {
  user: string;
  password: string;
  label: string;
}

const sizeOf = ({ count = 1 }: AccountSpec): number => count;

/** @returns how many there are */
export const poolOf = (accounts: Accounts): number => accounts.reduce((sum, spec) => sum + sizeOf(spec), 0);

/** @returns the n-th account, from 1 on; there is no end to them, since they come round again */
export function accountOf(accounts: Accounts, n: number): Account {
  let index = (n - 1) % poolOf(accounts);
  for (let i = 0; i < accounts.length; i++) {
    const spec = accounts[i] as AccountSpec;
    if (index < sizeOf(spec)) {
      const user = nameOf(spec, index + 1);
      return { user, password: spec.password, label: labelIn(accounts, i, user) };
    }
    index -= sizeOf(spec);
  }
  throw new Error('expected at least one account');
}

/** @returns the label of an account of the pool by what pages call its user; undefined for anybody else */
export function userLabel(accounts: Accounts, name: string): string | undefined {
  for (let i = 0; i < accounts.length; i++) {
    const spec = accounts[i] as AccountSpec;
    const number = numberOf(spec, name);
    if (number !== undefined) return labelIn(accounts, i, nameOf(spec, number));
  }
  return undefined;
}

const nameOf = ({ user, count }: AccountSpec, n: number): string =>
  count === undefined ? user : user.replaceAll('{n}', String(n));

/** @returns which of an entry's accounts pages call so */
function numberOf({ user, shown = user, count }: AccountSpec, name: string): number | undefined {
  if (count === undefined) return shown === name ? 1 : undefined;
  const before = shown.slice(0, shown.indexOf('{n}'));
  if (!name.startsWith(before)) return undefined;
  const number = Number(/^[1-9]\d{0,8}/.exec(name.slice(before.length))?.[0]);
  return number <= count && shown.replaceAll('{n}', String(number)) === name ? number : undefined;
}

/** As the verifier's: the part before the @. Two users never share a label, so a later entry says which it is. */
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

/** @returns the user name of somebody who registers during the run, and never did before */
export const newcomer = (canary: string, number: number, nth: number): Account => ({
  user: `${canary}-${number}-${nth}@example.test`,
  password: `new-${canary}-${number}`,
  label: `${canary}-${number}-${nth}`,
});

/** @returns the label of somebody who registered in the run with this prefix */
export function newcomerLabel(name: string, canary: string): string | undefined {
  const label = name.split('@')[0] ?? '';
  return label.startsWith(`${canary}-`) && name === `${label}@example.test` ? label : undefined;
}
