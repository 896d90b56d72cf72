/**
 * Before the load, checks whether the page of each probe names its user. A page without the user, such as a JSON list,
 * looks the same after the session is lost. Such a page is accepted only if the app does not show it to signed-out
 * clients.
 */
import { stepAnywhere } from '../client/bystander.ts';
import type { Context } from '../client/context.ts';
import type { Driver } from '../client/driver.ts';
import type { Reply } from '../core/response/reply.ts';
import { UsageError } from '../errors.ts';
import type { Probe } from '../target/schema.ts';

/** Maximum number of requests until an instance that knows the session has responded often enough. */
const ROUNDS = 24;
const ENOUGH = 3;
/** Number of requests without a session. */
const STRANGERS = 4;

/** @throws UsageError when a page neither names its user nor refuses a client that is not signed in */
export async function probePages(context: Context, driver: Driver): Promise<void> {
  const { target, interpreter, signal } = context;
  for (const { object, read } of target.probes) {
    if (signal.aborted || (await names(context, driver, read.path))) continue;
    const open = await shownToStrangers(context, read);
    if (open === undefined) interpreter.unnamed.add(object);
    else if (!signal.aborted)
      throw new UsageError(
        `probes.${object}.read: expected ${read.path} to name its user, as \`signedIn.user\` finds it, but no response names the user ` +
          `while the session lives. A client that is not signed in gets status ${open} there as well, so that a lost ` +
          'session looks like a living one. Name a page that shows the user too',
      );
  }
}

/**
 * Returns false if the page of a live session does not name the user. Returns true if the page names the user, or if
 * this is undetermined.
 */
async function names(context: Context, driver: Driver, path: string): Promise<boolean> {
  const { target, interpreter, signal } = context;
  const named = (reply: Reply): boolean => (interpreter.userName(reply) ?? '') !== '';
  /** For each instance, the number of pages without the user; undefined if the instance did not know the session. */
  const lacking = new Map<string, number | undefined>();
  for (let i = 0; i < ROUNDS && !signal.aborted; i++) {
    await stepAnywhere(context);
    const signedIn = i % 2 === 0;
    const reply = await driver.look(signedIn ? target.signedIn.page : path);
    const at = interpreter.named(reply)?.instance ?? '';
    if (!signedIn && named(reply)) return true;
    if (signedIn && !named(reply)) lacking.set(at, undefined);
    // An instance counts only after it has shown the session signed in.
    else if (signedIn && !lacking.has(at)) lacking.set(at, 0);
    else if (!signedIn && (reply.status ?? 500) < 300) {
      const count = lacking.get(at);
      if (count !== undefined) lacking.set(at, count + 1);
      if ((count ?? 0) + 1 > ENOUGH) return false;
    }
  }
  return true;
}

/**
 * Returns the status with which a client without a session gets the page; undefined if such a client never gets the
 * page.
 */
async function shownToStrangers(
  { connect, signal }: Context,
  read: Probe['read'],
): Promise<number | undefined> {
  for (let i = 0; i < STRANGERS && !signal.aborted; i++) {
    const { status } = await connect().send({ method: 'GET', path: read.path }, signal);
    if (status !== undefined && status < 300) return status;
  }
  return undefined;
}
