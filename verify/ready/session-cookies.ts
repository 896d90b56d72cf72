/** Finds out which cookies carry a session. A cookie may also name an instance, count visits or hold a form token. */
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { Account } from '../target/accounts.ts';

type Asking = Pick<Context, 'target' | 'interpreter' | 'random' | 'signal' | 'connect'>;

/**
 * Minimum numbers of signed-in responses with a cookie, and of signed-out responses without it, to prove that the
 * session needs the cookie. `flaky` applies if some responses are signed out although all cookies were sent.
 */
const SURE = { alive: 3, flaky: 12 };
/** Maximum number of requests to find out whether one cookie carries the session. */
const TRIES = 80;
/**
 * Number of consecutive signed-out responses to requests with all cookies that show that the session has ended: an app
 * may end a session when a request lacks one of its cookies.
 */
const ENDED = 20;
/**
 * Number of requests with a cookie of a second client. `there`: on instances that know the session. `anywhere`: if
 * responses do not name their instance.
 */
const FOREIGN = { there: 3, anywhere: 16 };

interface FurtherLogins {
  other(): Promise<SessionClient | undefined>;
  again(): Promise<SessionClient | undefined>;
}

interface Answer {
  signedIn: boolean;
  user: string | undefined;
  instance: string | undefined;
}

/** The user and the instances in the signed-in responses to requests with all cookies. */
interface Alive {
  user: string | undefined;
  instances: ReadonlySet<string>;
}

/**
 * Finds the cookies that carry the session: sends requests that omit one cookie. If the session needs no single cookie,
 * sends requests with only one cookie. Ignores a cookie that also works with the value of another client. If the
 * session needs several cookies, ignores cookies with an equal value in all sessions of the user, such as a user id.
 * Returns an empty list if no response was signed in.
 *
 * @param own the client right after its login, because later responses may delete a cookie
 */
export async function sessionCookies(
  asking: Asking,
  own: SessionClient,
  logins: FurtherLogins,
): Promise<string[]> {
  const session = new Renewed(asking, own, logins);
  const names = own.cookies(asking.target.signedIn.page).map(({ name }) => name);
  const found = new Map<string, Alive>();
  for (const name of names) {
    const alive = await needed(asking, await session.client(), name);
    if (alive !== undefined && !(await acceptsAnyClients(asking, await session.client(), name, alive)))
      found.set(name, alive);
  }
  if (found.size === 0) return await alone(asking, await session.client(), names);
  if (found.size === 1) return [...found.keys()];
  const stranger = await logins.other();
  const carrying: string[] = [];
  for (const [name, alive] of found) {
    const client = await session.client();
    if (stranger === undefined || !(await acceptsAnotherUsers(asking, client, stranger, name, alive)))
      carrying.push(name);
  }
  if (carrying.length < 2) return carrying;
  const twin = await logins.again();
  const unique = carrying.filter(name => cookieOf(asking, twin, name) !== cookieOf(asking, own, name));
  return unique.length === 0 ? carrying : unique;
}

/** Holds the examined session. If the app has ended this session, replaces it by a new session of the same user. */
class Renewed {
  readonly #asking: Asking;
  readonly #logins: FurtherLogins;
  #client: SessionClient;

  constructor(asking: Asking, client: SessionClient, logins: FurtherLogins) {
    this.#asking = asking;
    this.#client = client;
    this.#logins = logins;
  }

  async client(): Promise<SessionClient> {
    if (!(await everSignedIn(this.#asking, this.#client, [])))
      this.#client = (await this.#logins.again()) ?? this.#client;
    return this.#client;
  }
}

/**
 * Returns functions that log in as a second user, and once more as the user `first`. They return undefined if the login
 * is impossible.
 */
export function furtherLogins(context: Context, first: Account): FurtherLogins {
  const login = async (session: string, account: Account) => {
    const driver = new Driver(context, { client: 'ready', session, account });
    const entered = await driver.enter();
    driver.end(entered ? 'over' : 'refused');
    return entered ? driver.copyJar() : undefined;
  };
  const second = context.account(1);
  let times = 0;
  return {
    other: async () => (second.label === first.label ? undefined : login('r-other', second)),
    again: () => login(`r-again-${++times}`, first),
  };
}

const cookieOf = ({ target }: Asking, client: SessionClient | undefined, name: string): string | undefined =>
  client?.cookies(target.signedIn.page).find(cookie => cookie.name === name)?.value;

/**
 * Sends requests with and without a cookie. The order is random, so that no round robin separates them by instance; a
 * request with the cookie comes first, because one without it may end the session. Returns undefined if the session
 * does not need the cookie, or if no response was signed in.
 */
async function needed(asking: Asking, own: SessionClient, name: string): Promise<Alive | undefined> {
  const whole = { signedIn: 0, out: 0 };
  const instances = new Set<string>();
  let user: string | undefined;
  let [lacking, outInTurn] = [0, 0];
  for (let i = 0; i < TRIES && outInTurn < ENDED && !asking.signal.aborted; i++) {
    const enough = whole.out === 0 ? SURE.alive : SURE.flaky;
    if (whole.signedIn >= enough && lacking >= enough) break;
    const without = whole.signedIn > 0 && asking.random.next() < 0.5 ? [name] : [];
    const answer = await ask(asking, own.copy(without));
    if (answer.signedIn && without.length > 0) return undefined;
    if (answer.signedIn) user = answer.user;
    if (answer.signedIn && answer.instance !== undefined) instances.add(answer.instance);
    if (without.length > 0) lacking++;
    else {
      whole[answer.signedIn ? 'signedIn' : 'out']++;
      outInTurn = answer.signedIn ? 0 : outInTurn + 1;
    }
  }
  return whole.signedIn === 0 || lacking === 0 ? undefined : { user, instances };
}

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

/** Returns whether the cookie works with the value of a client without a session, as an affinity cookie does. */
async function acceptsAnyClients(
  asking: Asking,
  own: SessionClient,
  name: string,
  alive: Alive,
): Promise<boolean> {
  const { connect } = asking;
  return await acceptsForeign(asking, own, name, alive, async () => {
    const stranger = connect();
    const { instance } = await ask(asking, stranger);
    const value = cookieOf(asking, stranger, name);
    return { value, there: alive.instances.size === 0 || alive.instances.has(instance ?? '') };
  });
}

/** Returns whether the cookie works with a second user's value, as `logged_in=1` does. */
async function acceptsAnotherUsers(
  asking: Asking,
  own: SessionClient,
  other: SessionClient,
  name: string,
  alive: Alive,
): Promise<boolean> {
  const value = cookieOf(asking, other, name);
  return await acceptsForeign(asking, own, name, alive, () => Promise.resolve({ value, there: true }));
}

async function acceptsForeign(
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
