/** Before the load: a login that was accepted must be visible on some page, and name the user of the target file. */
import { stepAnywhere } from '../client/bystander.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { How } from '../client/requests.ts';
import type { Operation } from '../core/history.ts';
import { honoured } from '../core/sessions.ts';
import { UsageError } from '../errors.ts';

/** Reads of one session when something is found out about it. */
const READS = 6;
/** Logins of each kind, when the question is whether redirects must be followed. */
const BOTH_WAYS = 3;
/** Fresh sessions that are tried until one is read on the instance that it logged in on. */
const FRESH = 12;

/**
 * @returns the driver of a session that was seen to live: the given one, or a fresh one where a request on another
 *   instance ends every session
 * @throws UsageError when no page shows the mark
 */
export async function signedInMark(context: Context, driver: Driver): Promise<Driver> {
  const notes: string[] = [];
  let [seen, out] = [false, false];
  // A session that was answered signed out once is read to the end: that shows which instance knows it.
  for (let i = 0; i < READS && !context.signal.aborted && !(seen && notes.length === 0); i++) {
    // An answer that is signed out may have replaced the cookie.
    const operation = out ? await driver.readAsHeld() : (await driver.read()).operation;
    if (operation.signedIn === 'in') {
      seen = true;
      namesUser(context, driver, operation);
    } else notes.push(operation.note ?? '');
    if (operation.signedIn === 'out') out = true;
  }
  if (seen || context.signal.aborted) return driver;
  await needsFollowing(context, driver);
  const fresh = await freshOnItsInstance(context, driver);
  if (fresh !== undefined) return fresh;
  throwIfWrong(context, [...new Set(notes)], out);
  return driver;
}

function namesUser({ target }: Context, driver: Driver, { sawUser }: Operation): void {
  if (sawUser?.startsWith('unknown-') !== true) return;
  throw new UsageError(
    `signedIn.user: expected it to find ${driver.account.user} in ${target.signedIn.page}, and it found another ` +
      'text. Write the expression so that its first group is the user name as `accounts` has it',
  );
}

/** Redirects to the login are a finding, which the load will show; a page without the mark is a wrong mark. */
function throwIfWrong({ target }: Context, notes: readonly string[], out: boolean): void {
  const [note = ''] = notes;
  if (notes.length !== 1) return;
  if (note.includes(' to ') && !out) {
    throw new UsageError(
      `signedIn.page: expected ${target.signedIn.page} to show who is signed in, and it answers ${note}. ` +
        'Write the page that this leads to',
    );
  }
  if (note !== '200') return;
  throw new UsageError(
    `signedIn.user: the login was accepted, and none of ${READS} answers of ${target.signedIn.page} has the mark, nor ` +
      'has the first one after a fresh login. Look at the source of that page when you are signed in, and correct the ' +
      'expression or the page',
  );
}

/**
 * Where a request on another instance ends the session, and the login page comes with status 200, only the first read
 * counts, and only on the instance that logged in.
 */
async function freshOnItsInstance(context: Context, { account }: Driver): Promise<Driver | undefined> {
  for (let i = 1; i <= FRESH && !context.signal.aborted; i++) {
    const driver = new Driver(context, { client: 'ready', session: `r-fresh${i}`, account });
    await driver.form();
    const { outcome, instance } = await driver.login();
    const to: How =
      instance === undefined || context.instances.way(instance) === undefined ? {} : { to: instance };
    if (to.to === undefined) await stepAnywhere(context);
    if (outcome === 'ok' && honoured((await driver.read(undefined, to)).operation) === true) return driver;
    driver.end('over');
  }
  return undefined;
}

/**
 * A login that is only done where its redirects lead. A session that only one instance knows may be missed by chance:
 * so both ways are tried, until one of them fails or the other works.
 */
async function needsFollowing(context: Context, { account }: Driver): Promise<void> {
  const { target, signal } = context;
  if (target.login.follow) return;
  const following = { ...context, target: { ...target, login: { ...target.login, follow: true } } };
  const enters = async (how: Context, session: string): Promise<boolean> => {
    const driver = new Driver(how, { client: 'ready', session, account });
    let inside = false;
    if (await driver.enter())
      for (let i = 0; i < READS && !inside && !signal.aborted; i++)
        inside = honoured(await driver.readAsHeld()) === true;
    driver.end('over');
    return inside;
  };
  for (let i = 1; i <= BOTH_WAYS; i++) {
    if (signal.aborted || !(await enters(following, `r-follow${i}`))) return;
    if (await enters(context, `r-plain${i}`)) return;
  }
  throw new UsageError(
    'login: the answer is a redirect, and no page is signed in before it is followed. Add `follow: true` to `login`',
  );
}
