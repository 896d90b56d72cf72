/** Finds out which cookies carry a session. Others route to an instance, count visits, or hold a form token. */
import type { Context } from '../client/context.ts';
import type { SessionClient } from '../client/session-client.ts';

type Asking = Pick<Context, 'target' | 'interpreter' | 'random' | 'signal' | 'connect'>;

/**
 *
 * How many responses are needed: signed-in ones with all cookies, and signed-out ones without one cookie. `alive` is
 * for
 * sessions that every instance knows, `flaky` for the others.
 */
const SURE = { alive: 3, flaky: 12 };
const TRIES = 80;
/** How many foreign cookies are tried: on an instance that knows the session, and if no instance is named. */
const FOREIGN = { there: 3, anywhere: 16 };

/** The response of the signed-in page. */
interface Answer {
  signedIn: boolean;
  user: string | undefined;
  instance: string | undefined;
}

/** The signed-in responses to requests with all cookies. */
interface Alive {
  user: string | undefined;
  instances: ReadonlySet<string>;
}

/**
 *
 * Finds the cookies that carry the session. It leaves each cookie out. If the session is signed in without any single
 * one of them, it sends each alone: an app may also remember its user in a second cookie.
 *
 * @param own a client that has just logged in: a later response may have deleted its cookie
 * @param other logs in as another user; undefined if that fails, or if there is no other user
 * @returns names of the cookies that the session needs, and for which no foreign value suffices: neither that of a
 *   client
 * without a session, nor that of another user. None if the session was never signed in.
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
 *
 * Sends all cookies, and all but one, in random order. If some instances do not know the session, a round robin must
 * not
 * route all requests of one kind to them.
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

/** Returns the cookies that suffice alone. It is called if each single one of them can be left out. */
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
 *
 * Replaces a cookie by that of a client without a session. If only one instance knows the session, the affinity cookie
 * is
 * needed too: without it, the balancer routes the request elsewhere. But the affinity cookie of any client that is
 * routed
 * to the same instance suffices.
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

/** Replaces a cookie by that of another user: `logged_in=1` is the same for all users, and identifies none. */
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

/** Returns whether the session is signed in, as its own user, with a foreign value of the cookie. */
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
    // Only clients that log in get this cookie.
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
