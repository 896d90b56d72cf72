/** Sends requests that are rare in browsers: HEAD, requests for missing pages, and forms that are cut off. */
import type { Context } from '../client/context.ts';
import { interrupt } from '../client/disconnect.ts';
import type { Driver } from '../client/driver.ts';
import type { How } from '../client/how.ts';
import { writable, writeOf } from '../client/probes.ts';

/** Number of HEAD requests before the app counts as one that refuses HEAD. */
const TRIES = 3;
/** Matches a path on the target without placeholders. */
const FIXED = /^\/[^{]*$/;

/**
 * Returns the path of the page that shows the signed-in user. Returns undefined if the app refuses HEAD, with a status of
 * 400 or above. A redirect to the login is no refusal, because the session is live.
 *
 * @param driver a signed-in session
 */
export async function pageForHead({ target, signal }: Context, driver: Driver): Promise<string | undefined> {
  const { page } = target.signedIn;
  if (Object.hasOwn(target.posts, page)) return undefined;
  for (let i = 0; i < TRIES && !signal.aborted; i++) {
    const { status } = await driver.look(page, {}, 'HEAD');
    if (status !== undefined && status < 400) return page;
  }
  return undefined;
}

/** Requests only the headers of a page. Does nothing if the app refuses HEAD. */
export async function head(driver: Driver, page: ReturnType<typeof pageForHead> | undefined, how: How) {
  const path = await page;
  if (path !== undefined) await driver.visit(path, how, 'HEAD');
}

/**
 * Requests a page that does not exist, and cuts off a form. An app or a connection may then be in a wrong state for the
 * next request.
 */
export async function provokeErrors({ target }: Context, driver: Driver, how: How = {}): Promise<void> {
  const [page = ''] = target.signedIn.page.split('?');
  const missing = driver.look(`${page.replace(/\/$/, '')}/no-such-page`, how);
  const probe = writable(target);
  const form = probe && writeOf(probe)?.path;
  // If a request must wait for limits, its last byte is not held back.
  const cut = form !== undefined && FIXED.test(form) && target.limits === undefined;
  await Promise.all([missing, cut ? interrupt(driver, form, how) : undefined]);
}
