/** Checks before the load that `signedIn` of the target file finds the user on a page. */
import { stepAnywhere } from '../client/bystander.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { How } from '../client/how.ts';
import type { Operation } from '../core/history/history.ts';
import { honoured } from '../core/timeline/sessions.ts';
import { UsageError } from '../errors.ts';

/** Number of requests for the signed-in page in each check of a session. */
const READS = 6;
/** Number of logins that follow redirects, and number of logins that do not. */
const BOTH_WAYS = 3;
/** Client errors, such as 404. If every login leads to one of them, the page does not exist. */
const NO_PAGE = /^4(?!01|03|29)\d\d$/;
/** Maximum number of logins to get a session whose first request reaches the instance of its login. */
const FRESH = 12;

/**
 * Checks that the signed-in page shows the user. Returns a driver whose session was signed in: the given driver, or a
 * new one.
 *
 * @throws UsageError if the page shows no user, or another text
 */
export async function signedInMark(context: Context, driver: Driver): Promise<Driver> {
  const notes: string[] = [];
  let [seen, out] = [false, false];
  for (let i = 0; i < READS && !context.signal.aborted && !(seen && notes.length === 0); i++) {
    // After a response that is not signed in, sends the cookie from the login, because this response may have replaced
    // the cookie.
    const operation = notes.length > 0 ? await driver.readAsHeld() : (await driver.read()).operation;
    if (operation.signedIn === 'in') {
      seen = true;
      namesUser(context, driver, operation);
    } else notes.push(operation.note ?? '');
    if (operation.signedIn === 'out') out = true;
  }
  if (seen || context.signal.aborted) return driver;
  await throwIfNeedsFollow(context, driver);
  const fresh = await freshOnItsInstance(context, driver);
  if (fresh !== undefined) return fresh;
  throwIfWrong(context, [...new Set(notes)], out);
  return driver;
}

function namesUser({ target }: Context, driver: Driver, { sawUser }: Operation): void {
  if (sawUser?.startsWith('unknown-') !== true) return;
  throw new UsageError(
    `signedIn.user: expected the expression to find ${driver.account.user} in ${target.signedIn.page}, ` +
      'but it found another text. Write the expression so that its first group is the user name as `accounts` has it',
  );
}

/**
 * Throws if the responses show that `signedIn` is wrong. A redirect to the login page shows only a lost session, and
 * the run judges lost sessions.
 */
function throwIfWrong({ target }: Context, notes: readonly string[], out: boolean): void {
  const [note = ''] = notes;
  if (note !== '' && notes.every(one => one.includes(' to ')) && !out) {
    throw new UsageError(
      `signedIn.page: expected ${target.signedIn.page} to show which user is signed in, got ${notes.slice(0, 3).join(', then ')}. ` +
        'Name the page that this redirect leads to',
    );
  }
  if (notes.length !== 1) return;
  if (NO_PAGE.test(note))
    throw new UsageError(
      `signedIn.page: expected ${target.signedIn.page} to show which user is signed in, got ${note} after each login. ` +
        'Name a page that exists for signed-in users',
    );
  if (note !== '200') return;
  throw new UsageError(
    `signedIn.user: the login was accepted, but the expression found no user in ${READS} responses of ${target.signedIn.page}, ` +
      'nor in the first response after a new login. Look at the source of that page when you are ' +
      'signed in, and correct the expression or the page',
  );
}

/**
 * Logs in until the first request of a session reaches the instance that received its login. A different instance might
 * end the session, and a correct target file would then look wrong.
 */
async function freshOnItsInstance(context: Context, { account }: Driver): Promise<Driver | undefined> {
  for (let i = 1; i <= FRESH && !context.signal.aborted; i++) {
    const driver = new Driver(context, { client: 'ready', session: `r-fresh${i}`, account });
    await driver.form();
    const { outcome, instance } = await driver.login();
    const to: How =
      instance === undefined || context.instances.way(instance) === undefined ? {} : { to: instance };
    if (outcome === 'ok' && (await knowsSession(context, driver, to))) return driver;
    driver.end('over');
  }
  return undefined;
}

async function knowsSession(context: Context, driver: Driver, to: How): Promise<boolean> {
  if (to.to === undefined) await stepAnywhere(context);
  if (honoured((await driver.read(undefined, to)).operation) === true) return true;
  return to.to === undefined && honoured(await driver.readAsHeld()) === true;
}

/**
 * Throws if sessions are signed in only after the redirects of the login. Logs in several times, because an instance
 * may not know the session.
 */
async function throwIfNeedsFollow(context: Context, { account }: Driver): Promise<void> {
  const { target, signal } = context;
  if (target.login.follow) return;
  const following = { ...context, target: { ...target, login: { ...target.login, follow: true } } };
  const enters = async (how: Context, session: string): Promise<boolean | undefined> => {
    const driver = new Driver(how, { client: 'ready', session, account });
    let inside = (await driver.enter()) ? false : undefined;
    for (let i = 0; i < READS && inside === false && !signal.aborted; i++)
      inside = honoured(await driver.readAsHeld()) === true;
    driver.end('over');
    return inside;
  };
  for (let i = 1; i <= BOTH_WAYS; i++) {
    if (signal.aborted || (await enters(following, `r-follow${i}`)) !== true) return;
    if ((await enters(context, `r-plain${i}`)) !== false) return;
  }
  throw new UsageError(
    'login: the response is a redirect, and pages are signed in only after the client has followed it. ' +
      'Add `follow: true` to `login`',
  );
}
