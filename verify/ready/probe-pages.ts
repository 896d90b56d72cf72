/**
 * Checks before the load that the page of each probe reveals a lost session. The page must name its user, or signed-out
 * clients must not see it.
 */
import { stepAnywhere } from '../client/bystander.ts';
import type { Context } from '../client/context.ts';
import type { Driver } from '../client/driver.ts';
import type { Reply } from '../core/response/reply.ts';
import { UsageError } from '../errors.ts';
import type { Probe } from '../target/schema.ts';

/** Maximum number of requests to find out whether a page names its user. */
const ROUNDS = 24;
const ENOUGH = 3;
const SIGNED_OUT = 4;

/**
 * Checks the page of each probe.
 *
 * @throws UsageError if a page does not name its user, and signed-out clients can see it too
 */
export async function probePages(context: Context, driver: Driver): Promise<void> {
  const { target, interpreter, signal } = context;
  for (const { object, read } of target.probes) {
    if (signal.aborted || (await names(context, driver, read.path))) continue;
    const open = await shownToSignedOut(context, read);
    if (open === undefined) interpreter.unnamed.add(object);
    else if (!signal.aborted)
      throw new UsageError(
        `probes.${object}.read: expected ${read.path} to name its user, so that \`signedIn.user\` finds the name, but no response ` +
          `names the user while the session lives. A signed-out client also gets status ${open} from this page, so a lost ` +
          'session would look like a live one. Choose a page that names its user',
      );
  }
}

/** Returns whether the page names the user of a live session. Returns true if the requests do not decide this. */
async function names(context: Context, driver: Driver, path: string): Promise<boolean> {
  const { target, interpreter, signal } = context;
  const named = (reply: Reply): boolean => (interpreter.userName(reply) ?? '') !== '';
  /**
   * Key: instance; value: number of its pages without the user's name. The value is undefined if the instance may not
   * know the session.
   */
  const lacking = new Map<string, number | undefined>();
  for (let i = 0; i < ROUNDS && !signal.aborted; i++) {
    await stepAnywhere(context);
    const signedIn = i % 2 === 0;
    const reply = await driver.look(signedIn ? target.signedIn.page : path);
    const at = interpreter.named(reply)?.instance ?? '';
    if (!signedIn && named(reply)) return true;
    if (signedIn && !named(reply)) lacking.set(at, undefined);
    // This instance knows the session and should name the user, so its pages without a name count from now on.
    else if (signedIn && !lacking.has(at)) lacking.set(at, 0);
    else if (!signedIn && (reply.status ?? 500) < 300) {
      const count = lacking.get(at);
      if (count !== undefined) lacking.set(at, count + 1);
      if ((count ?? 0) + 1 > ENOUGH) return false;
    }
  }
  return true;
}

/** Returns the status of the page for a client without a session; undefined if the app hides the page. */
async function shownToSignedOut(
  { connect, signal }: Context,
  read: Probe['read'],
): Promise<number | undefined> {
  for (let i = 0; i < SIGNED_OUT && !signal.aborted; i++) {
    const { status } = await connect().send({ method: 'GET', path: read.path }, signal);
    if (status !== undefined && status < 300) return status;
  }
  return undefined;
}
