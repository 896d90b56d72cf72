/**
 * fixation: keeps what a jar held before its login (cookies of the app, or the live session of another user), or
 * invents an id; logs in with it; then sends it from elsewhere, to every instance. No replay may be signed in.
 */
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { With } from '../core/history.ts';
import { leave } from '../target/leave.ts';
import type { Random } from './random.ts';
import { everywhere, inTurn, over, type Workload } from './workload.ts';

const ROUNDS = 5;

export const fixation: Workload = {
  name: 'fixation',
  does: 'logs in with cookies that another client may hold, then sends them from elsewhere',
  feeds: ['rotation'],
  run: async (context, plan) => {
    await inTurn(context, 2 * ROUNDS, ROUNDS, async (own, n) => {
      if (!over(own, plan)) await (n < ROUNDS ? before(own, n) : invented(own, n));
    });
    // By themselves: where the app limits sessions, two seats are those of two users only while all take two.
    const pairs = { ...context, random: context.random.fork('pairs') };
    const round = async (own: Context, n: number) => {
      if (!over(own, plan)) await overAnother(own, n);
    };
    await inTurn(pairs, ROUNDS, ROUNDS, round, 2);
  },
};

/** The attacker visits the app, and leaves the cookies that it got on the victim's machine. */
async function before(context: Context, n: number): Promise<void> {
  const driver = Driver.of(context, n);
  await driver.visit(context.target.signedIn.page);
  await driver.form();
  const planted = driver.replayer();
  if ((await driver.login()).outcome !== 'ok') return driver.end('refused');
  await driver.read();
  // Without a session cookie before the login there is nothing to plant.
  if (carries(context, planted)) await replays(context, driver, planted, 'before-login');
  await leave(context, driver);
}

/** Whether a client sends one of the cookies that carry a session. */
const carries = ({ interpreter, target }: Context, client: SessionClient): boolean =>
  client.cookies(target.signedIn.page).some(({ name }) => interpreter.sessionCookies.includes(name));

/** The attacker makes an id up: an app that adopts it hands the session over. */
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
  // The session is in the jar that was planted; its first page has the form token.
  const { session, account } = victim;
  const inside = new Driver(context, { client: session, session, account }, made);
  await inside.read();
  await leave(context, inside);
}

/**
 * The attacker leaves the victim's browser logged in as the attacker: the victim logs in over that session. An app that
 * sends a signed-in user away from the login has not logged the victim in, and nothing is judged.
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

/** Reads in which a jar may be answered by an instance that does not know its session. */
const LOOKS = 4;

/** @returns the label of the user whose page a client sees; undefined when it sees none */
async function signedInAs({ interpreter, target }: Context, driver: Driver): Promise<string | undefined> {
  for (let i = 0; i < LOOKS; i++) {
    const { sawUser } = interpreter.seen(await driver.look(target.signedIn.page), { action: 'read' });
    if (sawUser !== undefined) return sawUser;
  }
  return undefined;
}

/** On each, with the cookies as they were: what an answer changes is not kept. */
async function replays(context: Context, driver: Driver, planted: SessionClient, what: With): Promise<void> {
  await everywhere(context, async how => {
    const as = { client: planted.copy(), with: what };
    return (await driver.read(undefined, { ...how, as, telling: true })).operation;
  });
}

/** A value of the same form: each letter and digit of its longer parts is drawn anew. */
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

/** Hexadecimal digits stay such. */
const ALPHABETS = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ'];
