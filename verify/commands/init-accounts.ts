/** Gets the accounts with which `baton init` logs in, from its options or by questions. */
import { COMMAND } from '../core/command.ts';
import { UsageError } from '../errors.ts';
import type { Asking } from './asking.ts';
import type { OptionValues } from './options.ts';

export type GivenAccount = { user: string; password: string; passwordEnv: string; totpEnv?: string };

/** Returns the accounts of the options, or else asks for them. Throws UsageError if an option or a variable is missing. */
export async function accountsOf(
  values: OptionValues<'init'>,
  ask: Asking | undefined,
): Promise<GivenAccount[]> {
  const { user: users = [], 'password-env': variables = [], 'totp-env': codes = [] } = values;
  if (users.length === 0 && ask !== undefined) return askedFor(ask);
  if (users.length === 0)
    throw new UsageError(
      'init: expected two accounts of the app: --user NAME --password-env VARIABLE, each twice',
    );
  if (variables.length !== users.length && variables.length !== 1)
    throw new UsageError(
      `--password-env: expected one variable for all accounts, or one for each of the ${users.length} accounts, got ${variables.length}, as in: SHOP_PASSWORD=… ${COMMAND} init http://127.0.0.1:8080 --user alice --user bob --password-env SHOP_PASSWORD`,
    );
  if (codes.length > 0 && codes.length !== users.length)
    throw new UsageError(
      `--totp-env: expected one variable for each of the ${users.length} accounts, got ${codes.length}`,
    );
  return users.map((user, i) => {
    const passwordEnv = variables[i] ?? (variables[0] as string);
    const totpEnv = codes[i];
    const password = fromEnvironment('--password-env', passwordEnv);
    if (totpEnv !== undefined) fromEnvironment('--totp-env', totpEnv);
    return { user, password, passwordEnv, ...(totpEnv === undefined ? {} : { totpEnv }) };
  });
}

function fromEnvironment(option: string, name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new UsageError(
    `${option}: expected the environment variable ${name}: set it, as in ${name}=… ${COMMAND} init`,
  );
}

/**
 * Asks for the secrets of one-time codes. Stores each secret in `environment`, by the name of the variable in the
 * target file.
 */
export class Secrets {
  readonly environment: Record<string, string> = {};
  readonly #ask: Asking | undefined;

  constructor(ask: Asking | undefined) {
    this.#ask = ask;
  }

  async of(accounts: readonly GivenAccount[], user: string): Promise<string | undefined> {
    const account = accounts.find(one => one.user === user);
    if (account?.totpEnv !== undefined) return process.env[account.totpEnv];
    if (account === undefined || this.#ask === undefined) return undefined;
    const secret = await this.#ask.secret(
      `The secret of the one-time codes of ${user} (not shown, not written): `,
    );
    if (secret === '') return undefined;
    account.totpEnv = `BATON_TOTP_${accounts.indexOf(account) + 1}`;
    this.environment[account.totpEnv] = secret;
    return secret;
  }
}

async function askedFor(ask: Asking): Promise<GivenAccount[]> {
  const accounts: GivenAccount[] = [];
  for (const passwordEnv of ['BATON_PASSWORD_1', 'BATON_PASSWORD_2']) {
    const which =
      accounts.length === 0 ? 'User name of an account' : 'User name of a second account (empty: none)';
    const user = await ask.text(`${which}: `);
    if (user === '') break;
    accounts.push({
      user,
      password: await ask.secret('Its password (not shown, not written): '),
      passwordEnv,
    });
  }
  if (accounts.length > 0) return accounts;
  throw new UsageError('init: expected the user name and password of an account, because Baton must log in');
}
