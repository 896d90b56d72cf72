/** Checks before the load that the target responds and that the credentials work, and finds the session cookies. */
import { randomBytes } from 'node:crypto';
import { distrust } from '../client/certificate.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { fingerprintOf, type Look } from '../client/fingerprint.ts';
import { leave } from '../client/leave.ts';
import { explained } from '../client/no-response.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { Operation } from '../core/history/history.ts';
import { refusedLogin } from '../core/timeline/sessions.ts';
import { UnavailableError, UsageError } from '../errors.ts';
import { ABOUT_LOGINS } from '../target/claims.ts';
import type { Target } from '../target/load.ts';
import { enterAlone, gaveForm, type LoginAttempt, otherAccounts } from './credentials.ts';
import { loginLimit } from './login-limit.ts';
import { signedInMark } from './mark.ts';
import { checkProbes } from './probe-check.ts';
import { probePages } from './probe-pages.ts';
import { furtherLogins, sessionCookies } from './session-cookies.ts';
import { requireTokens } from './tokens.ts';

/**
 * Maximum number of logins before the load. It suffices for nine pairs of instances, of which one sends the form and
 * the other receives the login.
 */
const LOGINS = 12;

/**
 * Logs in on pairs of instances, finds the session cookies, and tries all accounts.
 *
 * @throws UnavailableError if the target does not respond, or every login fails with an error; UsageError if the
 * instance that sent the login form refuses the login, a login gives no tokens for `refresh`, or no page shows the user
 */
export async function ready(context: Context): Promise<void> {
  const pairs = new Pairs();
  let works = false;
  const tried: LoginAttempt[] = [];
  // If the app limits logins, one accepted login is enough. Otherwise each pair of instances must accept a login. After
  // a refused login, further logins show which pairs of instances refuse logins.
  const accepted = () => tried.every(({ login }) => login.outcome === 'ok');
  const enough = () =>
    works &&
    (context.spacing !== undefined || (pairs.complete(context.instances.names().length) && accepted()));
  for (let i = 1; i <= LOGINS && !context.signal.aborted && !enough(); i++) {
    const { driver, jar, page, form, login, stop } = await tryLogin(context, i);
    if (context.signal.aborted) return;
    if (i === 1) reachable(page, context);
    pairs.add(form.instance, login.instance);
    tried.push({ form, login, stop });
    const limit = loginLimit(
      tried.map(one => one.login),
      context.target,
    );
    if (limit !== undefined) throw limit;
    if (login.outcome !== 'ok') driver.end('refused');
    else {
      if (works) await driver.read();
      else await learn(context, driver, jar);
      works = true;
      // Logs out at once, because the app may allow a user only one session at a time.
      await leave(context, driver);
    }
  }
  if (context.signal.aborted) return;
  if (!works) await tryOneInstance(context, tried);
  // Tries no other accounts if a browser withholds a cookie that each login needs.
  if (!works && tried.some(withholds)) return;
  await otherAccounts(context, works && accepted());
  await checkProbes(context);
  const { target, recorder } = context;
  if (target.session !== undefined) recorder.remark(undecided(target));
}

/** Returns a remark about guarantees that ready-made sessions cannot decide. */
function undecided({ session }: Target): string {
  const final = session?.command === undefined ? ['logout-final'] : [];
  return (
    `the target file gives existing sessions (\`session\`), so this run does not judge ${[...ABOUT_LOGINS, ...final].join(', ')}` +
    (final.length === 0 ? '' : '; clients share the session of their account, so none logs out')
  );
}

const withholds = ({ login }: LoginAttempt): boolean => login.withheld !== undefined;

/**
 * Logs in on a single instance. Throws if this login fails too. If it succeeds, logins fail only between two instances.
 */
async function tryOneInstance(context: Context, tried: readonly LoginAttempt[]): Promise<void> {
  const refusedAlone = tried.some(attempt => refusedLogin(attempt.login) && gaveForm(context, attempt));
  const driver = tried.some(withholds)
    ? await enterAlone(context, context.account(0), 'r-lenient', true)
    : refusedAlone || !tried.some(({ login }) => refusedLogin(login))
      ? undefined
      : await enterAlone(context, context.account(0), 'r-alone');
  if (context.signal.aborted) return;
  if (driver === undefined) throw refused(tried, context);
  await learn(context, driver, driver.heldJar());
  await leave(context, driver);
}

/**
 * Learns from the first live session, for example the names of the session cookies.
 *
 * @param jar the cookies right after the login, because later responses may replace them
 */
async function learn(context: Context, first: Driver, jar: SessionClient): Promise<void> {
  requireTokens(context, first.browser);
  const driver = await signedInMark(context, first);
  await probePages(context, driver);
  await learnSignedOut(context);
  await fingerprint(context);
  const own = driver === first ? jar : driver.heldJar();
  context.interpreter.sessionCookies = await sessionCookies(
    context,
    own,
    furtherLogins(context, driver.account),
  );
  if (driver !== first) driver.end('over');
}

async function tryLogin(context: Context, number: number) {
  const account = context.account(0);
  const driver = new Driver(context, {
    client: 'ready',
    session: `r${number}`,
    account,
  });
  const page = await driver.form();
  // A random extra request. Otherwise a round robin would send all forms and logins to the same two instances.
  const between = async (): Promise<void> => {
    if (context.random.next() >= 0.5) return;
    const bystander = new Driver(context, {
      client: 'ready',
      session: `r${number}-step`,
      account,
    });
    await bystander.form();
    bystander.end('over');
  };
  const login = await driver.login({ between });
  return { driver, jar: driver.copyJar(), page, form: driver.lastForm ?? page, login, stop: driver.stop };
}

function reachable(form: Operation, { target }: Context): void {
  const [, reason] = /^certificate: (.*)/.exec(form.note ?? '') ?? [];
  if (reason !== undefined)
    throw new UnavailableError(distrust(target.url, reason, '`tls: { ca: ca.pem }` in the target file'));
  if (form.status === undefined) {
    throw new UnavailableError(
      `${target.url}: expected a web server, got no response (${form.note}). ` +
        `${explained(form.note)}. The address is \`url\` in the target file; \`npm run stack\` starts the bundled app`,
    );
  }
  // Accepts a status such as 401 if the target has no login page, because the request was then for the signed-in page.
  const inside = target.login.page === target.signedIn.page && form.status < 404;
  if (form.status >= 400 && !inside) {
    throw new UnavailableError(
      `${target.url}${target.login.page}: expected the login page, got status ${form.status}. ` +
        'See whether the app is up, and correct `login.page` in the target file if it is another page',
    );
  }
}

function refused(tried: readonly LoginAttempt[], { target, registration }: Context): Error {
  const account = target.accounts[0]?.user;
  const logins = tried.map(({ login }) => login);
  if (!logins.some(refusedLogin)) {
    const came = [...new Set(logins.map(login => login.note))].join(', ');
    return new UnavailableError(
      `${target.url}${target.login.path}: expected the login of ${account} to be accepted or refused, got ${came} ` +
        `in ${logins.length} tries. See the log of the app`,
    );
  }
  if (target.session !== undefined)
    return new UsageError(
      `session: expected a signed-in session of ${account}, but ${target.signedIn.page} was signed out ` +
        `${logins.length} of ${logins.length} times. Log in again and replace the session: it may have ended, or belong to another site`,
    );
  const stop = tried.at(-1)?.stop;
  if (stop !== undefined)
    return new UsageError(
      `the login of ${account} did not come back to ${target.url}: ${stop}. Correct the password or the names of the fields in ` +
        '`login.form`, or describe this page under `login.steps`. If the identity provider has several instances, see ' +
        'whether they share unfinished logins',
    );
  const pairs = tried.map(({ form, login }) => `${form.instance ?? '?'} → ${login.instance ?? '?'}`);
  const named = logins.some(({ instance }) => instance !== undefined);
  const came = [...new Set(logins.map(({ note }) => note))].join(', ');
  // If even the instance that sent the form refuses the login, the target file is wrong.
  const alone = tried.some(attempt => gaveForm({ target }, attempt));
  return new UsageError(
    `the login of ${account} was refused ${logins.length} of ${logins.length} times: ${target.url}${target.login.path} ` +
      `answered ${came}` +
      (named
        ? ', on these pairs of instances (instance that gave the form → instance that received it): ' +
          [...new Set(pairs)].sort().join(', ')
        : '') +
      `. The user name, the password or ` +
      '`login.form` in the target file is wrong' +
      (alone ? '' : ', or no instance accepts a form that another instance gave') +
      '. Try the login by hand in a browser. The app may also have locked the account for a while after refused logins' +
      (registration === undefined ? '' : `. It was registered before: ${registration.answer}`),
  );
}

const LOOKS = 12;

/** Estimates the number of instances, for a target whose responses do not name them. */
async function fingerprint({ target, recorder, connect, signal }: Context): Promise<void> {
  const { header, cookie, body } = target.instance ?? {};
  if ((header ?? cookie ?? body) !== undefined || target.instance?.addresses !== undefined) return;
  const pages: Look[][] = [];
  // Also requests a page that does not exist, because instances often differ most in their error pages.
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

/** Learns how a signed-out response looks, such as a redirect or a 404. */
async function learnSignedOut({ target, interpreter, connect, signal }: Context): Promise<void> {
  const pages = new Set([target.signedIn.page, ...target.probes.map(({ read }) => read.path)]);
  for (const path of pages) {
    // Sends each request twice, because two instances may respond differently.
    for (let i = 0; i < 2 && !signal.aborted; i++)
      interpreter.strangers.add(await connect().send({ method: 'GET', path }, signal));
  }
}

/** Pairs of instances: the first one sent the form, and the second one received the login. */
class Pairs {
  readonly #pairs = new Set<string>();

  add(form: string | undefined, login: string | undefined): void {
    this.#pairs.add(`${form} ${login}`);
  }

  /**
   * Returns whether logins were tried on all pairs of instances.
   *
   * @param instances number of known instances; 0 if no response names one
   */
  complete(instances: number): boolean {
    return this.#pairs.size >= instances ** 2;
  }
}
