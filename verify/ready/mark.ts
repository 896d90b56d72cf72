/** Checks, before the load, that the signed-in page shows the user (the mark) after an accepted login. */
import { stepAnywhere } from '../client/bystander.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { How } from '../client/how.ts';
import type { Operation } from '../core/history/history.ts';
import { honoured } from '../core/timeline/sessions.ts';
import { UsageError } from '../errors.ts';

/** Number of reads of a session for each check. */
const READS = 6;
/** Number of logins of each kind (with and without redirects), to find out whether redirects must be followed. */
const BOTH_WAYS = 3;
/**
 * Statuses that mean "the app has no such page" if every new login gets such a status: 4xx except 401, 403 and 429.
 */
const NO_PAGE = /^4(?!01|03|29)\d\d$/;
/**
 * Maximum number of new sessions that are tried, until a session is read on the instance on which it logged
 * in.
 */
const FRESH = 12;

/**
 * Returns the driver of a session that a response has shown alive: the given driver, or a new driver if requests on
 * other instances end every session.
 *
 * @throws UsageError when no page shows the mark
 */
export async function signedInMark(context: Context, driver: Driver): Promise<Driver> {
  const notes: string[] = [];
  let [seen, out] = [false, false];
  // After a signed-out response, the loop makes all READS reads, because they show which instance knows the session.
  for (let i = 0; i < READS && !context.signal.aborted && !(seen && notes.length === 0); i++) {
    // A signed-out response may have replaced the cookie.
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
    `signedIn.user: expected the expression to find ${driver.account.user} in ${target.signedIn.page}, ` +
      'but it found another text. Write the expression so that its first group is the user name as `accounts` has it',
  );
}

/**
 * Throws if the page does not have the mark that the target file describes. Does not throw for a redirect to the
 * login page, because the run judges this case.
 */
function throwIfWrong({ target }: Context, notes: readonly string[], out: boolean): void {
  const [note = ''] = notes;
  if (notes.length !== 1) return;
  if (note.includes(' to ') && !out) {
    throw new UsageError(
      `signedIn.page: expected ${target.signedIn.page} to show which user is signed in, got ${note}. ` +
        'Name the page that this redirect leads to',
    );
  }
  if (NO_PAGE.test(note))
    throw new UsageError(
      `signedIn.page: expected ${target.signedIn.page} to show which user is signed in, got ${note} after each login. ` +
        'Name a page that exists for signed-in users',
    );
  if (note !== '200') return;
  throw new UsageError(
    `signedIn.user: the login was accepted, but none of ${READS} responses of ${target.signedIn.page} has the mark, ` +
      'nor has the first response after a new login. Look at the source of that page when you are ' +
      'signed in, and correct the expression or the page',
  );
}

/**
 * Looks for a session that is alive on the instance on which it logged in. If other instances end the session and send
 * the login page with status 200, only the first read on that instance shows the session alive.
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
 * Throws if a login is complete only after its redirects are followed. If only one instance knows a session, its
 * reads may miss that instance by chance. So this function logs in several times, with and without following
 * redirects. It stops when a login with redirects fails, or when a login without redirects works. It also stops when
 * a login without redirects is refused, because an instance may refuse a form that another instance gave.
 */
async function needsFollowing(context: Context, { account }: Driver): Promise<void> {
  const { target, signal } = context;
  if (target.login.follow) return;
  const following = { ...context, target: { ...target, login: { ...target.login, follow: true } } };
  /** Logs in. Returns whether a read of the new session is signed in; undefined if the login is refused. */
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
