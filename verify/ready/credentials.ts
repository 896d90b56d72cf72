/** Finds out before the load why the app refuses a login: wrong account, or form and login on different instances. */
import { stepAnywhere } from '../client/bystander.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave } from '../client/leave.ts';
import type { Operation } from '../core/history/history.ts';
import { refusedLogin } from '../core/timeline/sessions.ts';
import { UsageError } from '../errors.ts';
import type { Account } from '../target/accounts.ts';

/** Two consecutive requests: `form` loads the login form, `login` submits it. */
export interface LoginAttempt {
  form: Operation;
  login: Operation;
  /** The page at which a login of several pages stopped, for an error message. */
  stop?: string | undefined;
}

/**
 * Returns whether the same instance sent the login form and received the login. Meaningless for a login of several
 * pages.
 */
export const gaveForm = ({ target }: Pick<Context, 'target'>, { form, login }: LoginAttempt): boolean =>
  form.instance !== undefined &&
  form.instance === login.instance &&
  !target.login.steps.some(step => step.method === 'POST');

/**
 * Maximum number of logins until one instance happens to send the form and receive the login: `each` times the number
 * of instances, but at least `least` and at most `most`.
 */
const TRIES = { each: 6, least: 12, most: 60 };
/** Maximum number of accounts to try. With more accounts, Baton tries only one account for each password. */
const ACCOUNTS = 60;
const AT_ONCE = 4;
/** Number of refused logins after which user name or password count as wrong. */
const REFUSALS = 3;
const NAMED = 5;

/**
 * Logs in so that the same instance sends the form and receives the login. Returns undefined if the app accepts no such
 * login.
 *
 * @param lenient if true, sends cookies even if SameSite forbids it
 */
export async function enterAlone(
  context: Context,
  account: Account,
  session: string,
  lenient = false,
): Promise<Driver | undefined> {
  const { instances, signal } = context;
  const names = instances.names().filter(name => instances.way(name) !== undefined);
  const tries = Math.min(TRIES.most, Math.max(TRIES.least, TRIES.each * instances.names().length));
  for (let i = 1; i <= (names.length || tries) && !signal.aborted; i++) {
    const driver = new Driver(context, { client: 'ready', session: `${session}${i}`, account });
    driver.browser.lenient = lenient;
    const to = names[i - 1];
    const page = await driver.form({ to });
    const between = to === undefined ? () => stepAnywhere(context) : undefined;
    const login = await driver.login({ to, between });
    const form = driver.lastForm ?? page;
    if (login.outcome === 'ok') return driver;
    driver.end('refused');
    // Stops if even the instance that sent the form refuses the login: the password is wrong, and more tries might lock
    // the account.
    if (refusedLogin(login) && gaveForm(context, { form, login })) return undefined;
  }
  return undefined;
}

/**
 * Tries the login of each account except the first. If there are 60 or more accounts, tries one for each password.
 *
 * @param anywhere true if logins of the first account work on every pair of instances, so that a refusal shows a wrong
 * account
 * @throws UsageError with the names of refused accounts
 */
export async function otherAccounts(context: Context, anywhere: boolean): Promise<void> {
  const { target, registration, spacing, signal } = context;
  const [first, ...others] = target.accounts;
  // Skips the logins if the app limits sessions and the target file has no logout: more sessions might exceed the
  // limit. Skips accounts that Baton registers, because their passwords are right.
  const mayTry = target.sessions?.most === undefined || target.logout !== undefined;
  if (first === undefined || registration !== undefined || spacing !== undefined || !mayTry) return;
  const passwords = new Set([first.password]);
  const different = ({ password }: Account): boolean => passwords.size < passwords.add(password).size;
  const tried = (others.length < ACCOUNTS ? others : others.filter(different)).slice(0, ACCOUNTS);
  const wrong: Account[] = [];
  for (const account of await refusedOnce(context, tried))
    if (!signal.aborted && !(await accepted(context, account, anywhere))) wrong.push(account);
  if (wrong.length === 0 || signal.aborted) return;
  const names = wrong.slice(0, NAMED).map(({ user }) => user);
  throw new UsageError(
    `accounts: expected the app to accept each login, but it refused ${wrong.length} of ${tried.length + 1} accounts ` +
      `every time: ${names.join(', ')}${wrong.length > NAMED ? ' …' : ''}; ${first.user} was accepted. Correct their user ` +
      'names or passwords, or unlock them in the app',
  );
}

/** Logs in to each account once, 4 logins at a time. Returns the refused accounts. */
async function refusedOnce(context: Context, accounts: readonly Account[]): Promise<Account[]> {
  const wrong: Account[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < accounts.length && !context.signal.aborted) {
      const account = accounts[next++] as Account;
      const login = await tryAccount(context, account, `r-${account.label}`);
      if (refusedLogin(login)) wrong.push(account);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, accounts.length) }, worker));
  return wrong;
}

async function tryAccount(context: Context, account: Account, session: string): Promise<Operation> {
  const driver = new Driver(context, { client: 'ready', session, account });
  await driver.form();
  const login = await driver.login();
  if (login.outcome === 'ok') await readAndLeave(context, driver);
  else driver.end('refused');
  return login;
}

async function readAndLeave(context: Context, driver: Driver): Promise<void> {
  await driver.read();
  await leave(context, driver);
}

/** Returns false if even the instance that sent the login form refuses the login: user name or password are wrong. */
async function accepted(context: Context, account: Account, anywhere: boolean): Promise<boolean> {
  const silent = new Set(context.instances.names());
  for (let i = 2; (i <= REFUSALS || silent.size > 0) && !context.signal.aborted; i++) {
    // Accepts the account after this number of attempts, because an instance that has not responded yet might accept
    // the login.
    if (i > TRIES.least) return true;
    await stepAnywhere(context);
    const login = await tryAccount(context, account, `r-${account.label}-${i}`);
    // Accepts the account after an error or a text such as "try again later", because these do not show a wrong
    // password.
    if (!refusedLogin(login)) return true;
    silent.delete(login.instance ?? '');
  }
  if (anywhere || context.signal.aborted) return context.signal.aborted;
  const alone = await enterAlone(context, account, `r-${account.label}-alone`);
  if (alone !== undefined) await readAndLeave(context, alone);
  return alone !== undefined || context.signal.aborted;
}
