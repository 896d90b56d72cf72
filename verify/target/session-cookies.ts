/** Finds out which cookies carry a session. Others lead to an instance, count visits, or hold a form token. */
import type { Context } from '../client/context.ts';
import type { SessionClient } from '../client/session-client.ts';

type Asking = Pick<Context, 'target' | 'interpreter' | 'random' | 'signal' | 'connect'>;

/**
 * Signed-in responses to requests with all cookies, and requests without one that are not signed in: for sessions that
 * every instance knows, and for others.
 */
const SURE = { alive: 3, flaky: 12 };
const TRIES = 80;
/** Foreign cookies that are tried: on an instance that knows the session, and where no instance is named. */
const FOREIGN = { there: 3, anywhere: 16 };

/** What the signed-in page answered. */
interface Answer {
  signedIn: boolean;
  user: string | undefined;
  instance: string | undefined;
}

/** How the requests with all cookies were answered. */
interface Alive {
  user: string | undefined;
  instances: ReadonlySet<string>;
}

/**
 * Leaves each cookie out. Where the session is signed in without any single one of them, sends each alone: an app may
 * also remember its user.
 *
 * @param own has just logged in: a later response may have deleted its cookie
 * @param other logs in as another user; undefined if that fails, or there is no other user
 * @returns names of the cookies without which the session is never signed in, and for which no foreign value will do:
 *   neither that of a client without a session, nor that of another user. None where the session was never signed in.
 */
export async function sessionCookies(
  asking: Asking,
  own: SessionClient,
  other: () => Promise<SessionClient | undefined>,
): Promise<string[]> {
  const names = own.cookies(asking.target.signedIn.page).map(({ name }) => name);
  const found = new Map<string, Alive>();
  for (const name of names) {
    const alive = await needed(asking, own, name);
    if (alive !== undefined && !(await strangersDo(asking, own, name, alive))) found.set(name, alive);
  }
  if (found.size === 0) return await alone(asking, own, names);
  if (found.size === 1) return [...found.keys()];
  const stranger = await other();
  if (stranger === undefined) return [...found.keys()];
  const carrying: string[] = [];
  for (const [name, alive] of found)
    if (!(await othersDo(asking, own, stranger, name, alive))) carrying.push(name);
  return carrying;
}

/**
 * Sends all cookies, and all but one, in random order: where some instances do not know the session, a round robin must
 * not give one kind of request to those alone.
 *
 * @returns undefined if the session is signed in without the cookie, or never with it
 */
async function needed(asking: Asking, own: SessionClient, name: string): Promise<Alive | undefined> {
  const whole = { signedIn: 0, out: 0 };
  const instances = new Set<string>();
  let user: string | undefined;
  let lacking = 0;
  for (let i = 0; i < TRIES && !asking.signal.aborted; i++) {
    const enough = whole.out === 0 ? SURE.alive : SURE.flaky;
    if (whole.signedIn >= enough && lacking >= enough) break;
    const without = asking.random.next() < 0.5 ? [name] : [];
    const answer = await ask(asking, own.copy(without));
    if (answer.signedIn && without.length > 0) return undefined;
    if (answer.signedIn) user = answer.user;
    if (answer.signedIn && answer.instance !== undefined) instances.add(answer.instance);
    if (without.length > 0) lacking++;
    else whole[answer.signedIn ? 'signedIn' : 'out']++;
  }
  return whole.signedIn === 0 || lacking === 0 ? undefined : { user, instances };
}

/** @returns the cookies that suffice alone, where none does not */
async function alone(asking: Asking, own: SessionClient, names: readonly string[]): Promise<string[]> {
  if (names.length < 2 || (await everSignedIn(asking, own, names))) return [];
  const carrying: string[] = [];
  for (const name of names) {
    const others = names.filter(one => one !== name);
    if (await everSignedIn(asking, own, others)) carrying.push(name);
  }
  return carrying;
}

async function everSignedIn(
  asking: Asking,
  own: SessionClient,
  without: readonly string[],
): Promise<boolean> {
  for (let i = 0; i < FOREIGN.anywhere && !asking.signal.aborted; i++)
    if ((await ask(asking, own.copy(without))).signedIn) return true;
  return false;
}

/**
 * Puts the cookie of a client without a session in the place of the own. The cookie by which a balancer knows its
 * clients is needed too where only one instance knows the session: without it the request goes elsewhere. But that of
 * any client that was sent to the same instance does as well.
 */
async function strangersDo(asking: Asking, own: SessionClient, name: string, alive: Alive): Promise<boolean> {
  const { connect, target } = asking;
  return await foreignDo(asking, own, name, alive, async () => {
    const stranger = connect();
    const { instance } = await ask(asking, stranger);
    const value = stranger.cookies(target.signedIn.page).find(cookie => cookie.name === name)?.value;
    return { value, there: alive.instances.size === 0 || alive.instances.has(instance ?? '') };
  });
}

/** Puts another user's cookie in the place of the own: `logged_in=1` is the same for all, and says nothing of whom. */
async function othersDo(
  asking: Asking,
  own: SessionClient,
  other: SessionClient,
  name: string,
  alive: Alive,
): Promise<boolean> {
  const value = other.cookies(asking.target.signedIn.page).find(cookie => cookie.name === name)?.value;
  return await foreignDo(asking, own, name, alive, () => Promise.resolve({ value, there: true }));
}

/** @returns whether the session is signed in, as its own user, with a foreign value of the cookie */
async function foreignDo(
  asking: Asking,
  own: SessionClient,
  name: string,
  { user, instances }: Alive,
  foreign: () => Promise<{ value: string | undefined; there: boolean }>,
): Promise<boolean> {
  let tried = 0;
  const enough = instances.size > 0 ? FOREIGN.there : FOREIGN.anywhere;
  for (let i = 0; i < TRIES && tried < enough && !asking.signal.aborted; i++) {
    const { value, there } = await foreign();
    // Only clients that log in are given it.
    if (value === undefined) return false;
    if (!there) continue;
    const mixed = own.copy([name]);
    mixed.put(name, value);
    const answer = await ask(asking, mixed);
    if (answer.signedIn && answer.user === user) return true;
    if (instances.size === 0 || instances.has(answer.instance ?? '')) tried++;
  }
  return false;
}

async function ask({ target, interpreter, signal }: Asking, client: SessionClient): Promise<Answer> {
  const reply = await client.send({ method: 'GET', path: target.signedIn.page }, signal);
  const { signedIn, sawUser, instance } = interpreter.seen(reply, { action: 'read' });
  return { signedIn: signedIn === 'in', user: sawUser, instance };
}
