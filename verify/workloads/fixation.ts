/**
 * Workload fixation: an attacker plants cookies in a user's browser before the login. After the login, these cookies
 * must not be signed in.
 */
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave } from '../client/leave.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { With } from '../core/history/history.ts';
import type { Random } from '../random.ts';
import { everywhere, inTurn, over, type Workload } from './workload.ts';

const ROUNDS = 5;
/** Minimum number of rounds with each kind of planted cookie. The check `rotation` needs this number. */
const NEEDED = 3;

export const fixation: Workload = {
  name: 'fixation',
  does: 'logs in with cookies that an attacker knows, then sends these cookies from another client',
  feeds: ['rotation'],
  lacks: ({ session }) =>
    session === undefined ? undefined : '`login`: if the file has `session`, Baton does not log in',
  run: async (context, plan) => {
    await inTurn(context, 2 * ROUNDS, ROUNDS, async (own, n) => {
      if (!over(own, plan, n % ROUNDS < NEEDED)) await (n < ROUNDS ? before(own, n) : invented(own, n));
    });
    // Runs the rounds one after another, because each round needs two sessions of different users.
    const pairs = { ...context, random: context.random.fork('pairs') };
    const round = async (own: Context, n: number) => {
      if (!over(own, plan, n < NEEDED)) await overAnother(own, n);
    };
    await inTurn(pairs, ROUNDS, ROUNDS, round, 2);
  },
};

async function before(context: Context, n: number): Promise<void> {
  const driver = Driver.of(context, n);
  await driver.visit(context.target.signedIn.page);
  await driver.form();
  const planted = driver.replayer();
  if ((await driver.login()).outcome !== 'ok') return driver.end('refused');
  await driver.read();
  // Replays nothing if there was no session cookie before the login: an attacker has nothing to plant.
  if (carries(context, planted)) await replays(context, driver, planted, 'before-login');
  await leave(context, driver);
}

const carries = ({ interpreter, target }: Context, client: SessionClient): boolean =>
  client.cookies(target.signedIn.page).some(({ name }) => interpreter.sessionCookies.includes(name));

async function invented(context: Context, n: number): Promise<void> {
  const model = Driver.of(context, n);
  if (!(await model.enter())) return model.end('refused');
  await model.read();
  const made = context.connect();
  for (const { name, value } of model.cookies()) {
    if (context.interpreter.sessionCookies.includes(name)) made.put(name, unlike(value, context.random));
  }
  await leave(context, model);
  const planted = made.replayer(context.target.signedIn.page);
  const victim = Driver.of(context, ROUNDS * 2 + n);
  const as = { client: made, with: 'invented' as const };
  await victim.form({ as });
  await victim.login({ as });
  await replays(context, victim, planted, 'invented');
  // Reads a page, because the logout may need its form token.
  const { session, account } = victim;
  const inside = new Driver(context, { client: session, session, account }, made);
  await inside.read();
  await leave(context, inside);
}

/**
 * Plants the cookies of the attacker's own session. Replays them only if the victim's login succeeded, because some
 * apps offer no login to signed-in users.
 */
async function overAnother(context: Context, n: number): Promise<void> {
  const attacker = Driver.of(context, ROUNDS * 4 + 2 * n);
  const victim = Driver.of(context, ROUNDS * 4 + 2 * n + 1);
  if (attacker.account === victim.account) return;
  if (!(await attacker.enter())) return attacker.end('refused');
  await attacker.read();
  const jar = attacker.copyJar();
  const planted = attacker.replayer();
  const as = { client: jar, with: 'another' as const };
  await victim.form({ as });
  await victim.login({ as });
  const { session, account } = victim;
  const inside = new Driver(context, { client: session, session, account }, jar);
  const entered = await signedInAs(context, inside);
  if (entered === victim.account.label) await replays(context, victim, planted, 'another');
  if (entered === attacker.account.label || entered === undefined) inside.end('over');
  else await leave(context, inside);
  await leave(context, attacker);
}

/** Maximum number of requests to find the signed-in user. An instance may not know the session. */
const LOOKS = 4;

async function signedInAs({ interpreter, target }: Context, driver: Driver): Promise<string | undefined> {
  for (let i = 0; i < LOOKS; i++) {
    const { sawUser } = interpreter.seen(await driver.look(target.signedIn.page), { action: 'read' });
    if (sawUser !== undefined) return sawUser;
  }
  return undefined;
}

/** Sends a new copy of the cookies to each instance, because a response may change them. */
async function replays(context: Context, driver: Driver, planted: SessionClient, what: With): Promise<void> {
  await everywhere(context, async how => {
    const as = { client: planted.copy(), with: what };
    return (await driver.read(undefined, { ...how, as, labelled: true })).operation;
  });
}

function unlike(value: string, random: Random): string {
  const any = (from: string): string => from[random.below(from.length)] as string;
  const drawn = (letter: string): string => {
    const alike = ALPHABETS.find(alphabet => alphabet.includes(letter));
    return alike === undefined ? letter : any(alike);
  };
  const encoded = value.includes('%');
  const text = (encoded ? decodeURIComponent(value) : value).replace(/\w{8,}/g, part =>
    part.replace(/./g, drawn),
  );
  return encoded ? encodeURIComponent(text) : text;
}

/** A changed character stays in its set, so that hexadecimal digits stay hexadecimal. */
const ALPHABETS = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ'];
