/** Finds out which cookies carry a session. Other cookies name an instance, count visits, or hold a form token. */
import type { Context } from '../client/context.ts';
import type { SessionClient } from '../client/session-client.ts';

type Asking = Pick<Context, 'target' | 'interpreter' | 'random' | 'signal' | 'connect'>;

/**
 * Minimum number of signed-in responses with all cookies, and of signed-out responses without one cookie. `alive`:
 * for sessions that every instance knows. `flaky`: for other sessions.
 */
const SURE = { alive: 3, flaky: 12 };
/** Maximum number of requests to find out about one cookie. */
const TRIES = 80;
/**
 * Number of foreign cookies that are tried. `there`: on an instance that knows the session. `anywhere`: if responses
 * name no instance.
 */
const FOREIGN = { there: 3, anywhere: 16 };

/** The facts in a response of the signed-in page. */
interface Answer {
  signedIn: boolean;
  user: string | undefined;
  instance: string | undefined;
}

/** The user and the instances of the signed-in responses to requests with all cookies. */
interface Alive {
  user: string | undefined;
  instances: ReadonlySet<string>;
}

/**
 * Finds the cookies that carry the session. Sends requests without one cookie, for each cookie in turn. If each
 * single cookie can be omitted, sends each cookie alone, because an app may remember its user in a second cookie.
 *
 * @param own a client that has just logged in, because a later response may delete the cookie
 * @param other logs in as another user; resolves with undefined if the login fails, or if there is no other user
 * @returns names of the cookies that the session needs, without cookies for which a foreign value is enough. A foreign
 * value is from a client without a session, or from another user. Returns no names if the session was never signed in.
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
 * Finds out whether the session needs a cookie. Sends requests with all cookies and requests without this cookie in
 * random order. In a fixed order, a round robin could route all requests of one kind to instances that do not know
 * the session.
 *
 * @returns undefined if the session is also signed in without the cookie, or is never signed in
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

/** Returns the cookies that are enough alone. Called if each single cookie can be omitted. */
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
 * Replaces a cookie by the cookie of a client without a session, and returns whether the session is still signed in. If
 * only one instance knows the session, the request also needs an affinity cookie, so that the balancer routes it to
 * that instance. But the affinity cookie of any client on that instance is enough.
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

/**
 * Replaces a cookie by the cookie of another user, and returns whether the session is still signed in. For example,
 * `logged_in=1` is the same for all users and identifies no user.
 */
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

/** Returns whether the session, with a foreign value of the cookie, is still signed in as its own user. */
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
    // The foreign client has no cookie of this name, so no foreign value is enough.
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
