/** Before the load: is the target there, do the credentials work, which cookies carry the session? */
import { randomBytes } from 'node:crypto';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { fingerprintOf, type Look } from '../client/fingerprint.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { Operation } from '../core/history.ts';
import { UnavailableError, UsageError } from '../errors.ts';
import type { Account } from './load.ts';
import { sessionCookies } from './session-cookies.ts';

/** How many logins are tried at the most before the load: enough for each pair of two or three instances. */
const LOGINS = 12;
/** Reads of one session when something is found out about it. */
const READS = 6;
/** Logins of each kind, when the question is whether redirects must be followed. */
const BOTH_WAYS = 3;

/**
 * Logs in until every pair (instance that gives the form, instance that it is posted to) of the instances
 * seen so far has occurred, or twelve times; finds out which cookies carry the session.
 *
 * @throws UnavailableError when nothing answers or the login only fails
 * @throws UsageError when the login is refused on every pair, or no page shows the signed-in mark
 */
export async function ready(context: Context): Promise<void> {
  const pairs = new Pairs();
  let works = false;
  // Where logins must be far apart, one has to do.
  const enough = () => works && (context.spacing !== undefined || pairs.complete());
  const answers: Operation[] = [];
  for (let i = 1; i <= LOGINS && !context.signal.aborted && !enough(); i++) {
    const { driver, jar, form, login } = await tryLogin(context, i);
    if (context.signal.aborted) return;
    if (i === 1) reachable(form, context);
    pairs.add(form.instance, login.instance);
    answers.push(login);
    if (login.outcome !== 'ok') driver.end('refused');
    else {
      if (works) await driver.read();
      else {
        await signedInMark(context, driver);
        await strangers(context);
        await fingerprint(context);
        context.interpreter.sessionCookies = await sessionCookies(context, jar, () =>
          loginOfAnother(context, driver.account),
        );
      }
      works = true;
      // At once: the app may allow a user one session at a time.
      await leave(context, driver);
    }
  }
  if (!works && !context.signal.aborted) throw refused(answers, context);
}

async function tryLogin(context: Context, number: number) {
  const account = context.account(0);
  const driver = new Driver(context, {
    client: 'ready',
    session: `r${number}`,
    account,
  });
  const form = await driver.form();
  // A round robin in step with "open, post, open, post" would try the same pairs for ever.
  if (context.random.next() < 0.5) {
    const bystander = new Driver(context, {
      client: 'ready',
      session: `r${number}-step`,
      account,
    });
    await bystander.form();
    bystander.end('over');
  }
  const login = await driver.login();
  return { driver, jar: driver.copyJar(), form, login };
}

/** @returns the cookies of another user's login; undefined when there is no other account, or its login fails */
async function loginOfAnother(context: Context, own: Account): Promise<SessionClient | undefined> {
  const account = context.account(1);
  if (account.label === own.label) return undefined;
  const driver = new Driver(context, { client: 'ready', session: 'r-other', account });
  const jar = (await driver.enter()) ? driver.copyJar() : undefined;
  driver.end(jar === undefined ? 'refused' : 'over');
  return jar;
}

/**
 * Logs out where the target can, and closes the session in the history.
 *
 * @returns whether the logout was acknowledged
 */
export async function leave(context: Context, driver: Driver): Promise<boolean> {
  const { logout } = context.target;
  const left =
    logout !== undefined && !context.signal.aborted && (await driver.logout(logout)).outcome === 'ok';
  driver.end(left ? 'logout' : 'over');
  return left;
}

function reachable(form: Operation, { target }: Context): void {
  if (form.status === undefined) {
    throw new UnavailableError(
      `${target.url}: expected a web server, got no answer (${form.note}). ` +
        'Start the app and its balancer, or correct `url` in the target file; the bundled one is `npm run stack`',
    );
  }
  // An app that has no page to log in is asked for one inside: that it refuses is an answer.
  const inside = target.login.page === target.signedIn.page && form.status < 404;
  if (form.status >= 400 && !inside) {
    throw new UnavailableError(
      `${target.url}${target.login.page}: expected the login page, got status ${form.status}. ` +
        'See whether the app is up, and correct `login.page` in the target file if it is another page',
    );
  }
}

function refused(logins: readonly Operation[], { target, registration }: Context): Error {
  const account = target.accounts[0]?.user;
  if (!logins.some(login => login.signedIn === 'out')) {
    const came = [...new Set(logins.map(login => login.note))].join(', ');
    return new UnavailableError(
      `${target.url}${target.login.path}: expected the login of ${account} to be accepted or refused, got ${came} ` +
        `in ${logins.length} tries. See the log of the app`,
    );
  }
  return new UsageError(
    `the login of ${account} was refused ${logins.length} of ${logins.length} times, on every pair of instances ` +
      '(one that gives the form, one that it is posted to). Either the user name, the password or `login.form` in ' +
      'the target file is wrong, or no instance accepts a form that another one gave. Try the same by hand in a browser' +
      (registration === undefined ? '' : `. It was registered before: ${registration.answer}`),
  );
}

/** A login that was accepted must be visible on some page, and name the user of the target file. */
async function signedInMark(context: Context, driver: Driver): Promise<void> {
  const { target, signal } = context;
  const notes: string[] = [];
  let seen = false;
  /** Some answer says "signed out". */
  let out = false;
  // A session that was answered signed out once is asked to the end: that tells which instance knows it.
  for (let i = 0; i < READS && !signal.aborted && !(seen && notes.length === 0); i++) {
    const { operation } = await driver.read();
    if (operation.signedIn === 'in') {
      seen = true;
      if (operation.sawUser?.startsWith('unknown-') !== true) continue;
      throw new UsageError(
        `signedIn.user: expected it to find ${driver.account.user} in ${target.signedIn.page}, and it found another ` +
          'text. Write the expression so that its first group is the user name as `accounts` has it',
      );
    }
    notes.push(operation.note ?? '');
    if (operation.signedIn === 'out') out = true;
  }
  if (!seen) await needsFollowing(context, driver);
  const led = [...new Set(notes)];
  if (!seen && led.length === 1 && / to \//.test(led[0] ?? '') && !out) {
    throw new UsageError(
      `signedIn.page: expected ${target.signedIn.page} to show who is signed in, and it answers ${led[0]}. ` +
        'Write the page that this leads to',
    );
  }
  // Redirects to the login are a finding, which the load will show; a page without the mark is a wrong mark.
  if (!seen && notes.length > 0 && notes.every(note => note === '200')) {
    throw new UsageError(
      `signedIn.user: the login was accepted, and none of ${READS} answers of ${target.signedIn.page} has the mark. ` +
        'Look at the source of that page when you are signed in, and correct the expression or the page',
    );
  }
}

/**
 * A login that is only done where its redirects lead. A session that only one instance knows may be missed by chance:
 * so both ways are tried, until one of them fails or the other works.
 */
async function needsFollowing(context: Context, { account }: Driver): Promise<void> {
  const { target, signal } = context;
  if (target.login.follow) return;
  const following = { ...context, target: { ...target, login: { ...target.login, follow: true } } };
  const enters = async (how: Context, session: string): Promise<boolean> => {
    const driver = new Driver(how, { client: 'ready', session, account });
    let inside = false;
    if (await driver.enter())
      for (let i = 0; i < READS && !inside && !signal.aborted; i++)
        inside = (await driver.read()).operation.signedIn === 'in';
    driver.end('over');
    return inside;
  };
  for (let i = 1; i <= BOTH_WAYS; i++) {
    if (signal.aborted || !(await enters(following, `r-follow${i}`))) return;
    if (await enters(context, `r-plain${i}`)) return;
  }
  throw new UsageError(
    'login: the answer is a redirect, and nobody is signed in before it is followed. Add `follow: true` to `login`',
  );
}

/** Answers that are compared, to each of two requests. */
const LOOKS = 12;

/** Where nothing names the instance: from how many the answers look. */
async function fingerprint({ target, recorder, connect, signal }: Context): Promise<void> {
  const { header, cookie, body } = target.instance ?? {};
  if ((header ?? cookie ?? body) !== undefined || target.instance?.addresses !== undefined) return;
  const pages: Look[][] = [];
  // A page that is there, and one that is not: error pages tell more.
  for (const path of [target.login.page, `/no-such-page-${randomBytes(4).toString('hex')}`]) {
    const looks: Look[] = [];
    for (let i = 0; i < LOOKS && !signal.aborted; i++) {
      const reply = await connect().send({ method: 'GET', path }, signal);
      looks.push({ reply, at: Date.now() });
    }
    pages.push(looks);
  }
  recorder.log({ type: 'fingerprint', ...fingerprintOf(pages) });
}

/** How somebody without a session is answered: often by a redirect, a 403 or a 404 that says nothing else. */
async function strangers({ target, interpreter, connect, signal }: Context): Promise<void> {
  const pages = new Set([target.signedIn.page, ...target.probes.map(({ read }) => read.path)]);
  for (const path of pages) {
    // Twice: two instances may differ.
    for (let i = 0; i < 2 && !signal.aborted; i++)
      interpreter.stranger(await connect().send({ method: 'GET', path }, signal));
  }
}

/** Ordered pairs of instances that a login has gone over. */
class Pairs {
  readonly #instances = new Set<string>();
  readonly #pairs = new Set<string>();

  add(form: string | undefined, login: string | undefined): void {
    for (const instance of [form, login]) if (instance !== undefined) this.#instances.add(instance);
    this.#pairs.add(`${form} ${login}`);
  }

  complete(): boolean {
    return this.#pairs.size >= this.#instances.size ** 2;
  }
}
