/** `baton init`: explores an app, writes its target file, and tests the file by a short run. */
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { COMMAND } from '../core/command.ts';
import { EXIT, isBatonError, UsageError } from '../errors.ts';
import { browse } from '../init/browser.ts';
import type { Hints } from '../init/hints.ts';
import { type InitOptions, init, Unfinished } from '../init/init.ts';
import { unknownRecipe } from '../init/recipes.ts';
import { hintsOfTraffic, recordedIn } from '../init/traffic.ts';
import { unfinishedHead } from '../init/write-unfinished.ts';
import { Progress } from '../progress.ts';
import { verify } from '../run.ts';
import { certificatesIn } from '../target/certificates.ts';
import { parseTarget } from '../target/load.ts';
import { hopAt } from '../workloads/hop.ts';
import { address } from './arguments.ts';
import { type Asking, asking } from './asking.ts';
import type { OptionValues } from './options.ts';
import { type Output, printResult } from './output.ts';
import { withVariables } from './replay.ts';

type Account = { user: string; password: string; passwordEnv: string; totpEnv?: string };

/** First line of an unfinished target file. Init replaces such a file without --force. */
const UNFINISHED = '# UNFINISHED';

const TEST_RUN = { sessions: 8, duration: 3_000, workloads: ['hop'] };

/**
 * Writes and tests a target file. Returns the exit code: 1 if the app broke a guarantee; 2 if init could not finish the
 * file.
 *
 * @throws UsageError if an argument is missing
 */
export async function initCommand(
  url: string | undefined,
  values: OptionValues<'init'>,
  output: Output,
): Promise<number> {
  if (url === undefined)
    throw new UsageError(`init: expected an address, as in: ${COMMAND} init http://127.0.0.1:8080`);
  const { file, ca } = values;
  const reached = {
    url: address(url, 'init'),
    headers: {},
    ...(ca === undefined ? {} : { tls: { insecure: false, ca: certificatesIn(ca, ca, '--ca') } }),
  };
  if (existsSync(file) && !values.force && !readFileSync(file, 'utf8').startsWith(UNFINISHED))
    throw new UsageError(
      `init: ${file} exists already: add --force to replace it, or name another file with --file`,
    );
  const wrong = values.as === undefined ? undefined : unknownRecipe(values.as);
  if (wrong !== undefined) throw new UsageError(`--as: ${wrong}`);
  const ask = asking(output);
  const secrets = new Secrets(ask);
  const stop = new AbortController();
  try {
    await requirePermission(reached.url, values, ask);
    const accounts = await accountsOf(values, ask);
    process.once('SIGINT', () => stop.abort());
    const text = await init({
      reached,
      accounts,
      ca: ca === undefined ? undefined : relative(dirname(resolve(file)), resolve(ca)),
      recipe: values.as,
      loginPage: values['login-page'],
      loginPath: values['login-path'],
      ...bodyOf(values, accounts),
      hints: await hintsOf(values, reached.url, accounts, ask),
      signal: stop.signal,
      ...(ask === undefined
        ? {}
        : {
            whereLogin: async () =>
              (await ask.text('Which page has the login form (its path)? ')) || undefined,
          }),
      mayVisit: async origin => {
        await requirePermission(origin, values, ask);
        return true;
      },
      secretOf: user => secrets.of(accounts, user),
      say: line => output.progress.write(`${line}\n`),
      mayWrite: async ({ path, field, page }) =>
        values.probe ||
        ((await ask?.yes(
          `POST ${path} with a short text in "${field}", twice, and look for it on ${page}?`,
        )) ??
          false),
    });
    await writeFile(file, text);
    output.progress.write(`written     ${file}\n`);
    const known = { accounts, environment: secrets.environment };
    return await testRun(text, file, known, stop.signal, values, output).catch(error => {
      if (!(error instanceof UsageError)) throw error;
      throw new Unfinished(error, `${unfinishedHead(error.message)}\n${text}`);
    });
  } catch (error) {
    if (error instanceof Unfinished) return await writeUnfinished(error, file, output);
    if (!stop.signal.aborted) throw error;
    output.progress.write('init: interrupted\n');
    return EXIT.interrupted;
  } finally {
    ask?.close();
  }
}

/**
 * Writes the unfinished target file.
 *
 * @throws the error that stopped init, if it is an internal error of Baton
 */
async function writeUnfinished(
  { message, text, cause }: Unfinished,
  file: string,
  output: Output,
): Promise<number> {
  await writeFile(file, text);
  output.progress.write(`${message}\nwritten     ${file}, unfinished: the file says what to add\n`);
  if (!isBatonError(cause)) throw cause;
  return EXIT.unknown;
}

/** Returns the requests of a recording. `--har` names a recording; `--browser` creates one. */
async function hintsOf(
  values: OptionValues<'init'>,
  url: string,
  accounts: readonly Account[],
  ask: Asking | undefined,
): Promise<Hints | undefined> {
  const site = new URL(url);
  const { har, browser, probe, ca } = values;
  if (har !== undefined) return hintsOfTraffic(recordedIn(textOf(har), har), site, accounts);
  if (!browser) return undefined;
  const done = 'Log in in the window, add a text somewhere, log out; then press Enter here ';
  const recorded = await browse({
    url: site.href.replace(/\/$/, '') + (values['login-page'] ?? '/'),
    account: accounts[0] as Account,
    probe,
    // With --ca, the browser accepts all certificates, because it does not know the authority.
    insecure: ca !== undefined,
    byHand: ask === undefined ? undefined : async () => void (await ask.text(done)),
  });
  return hintsOfTraffic(recorded, site, accounts);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `--har: expected a file; ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

async function testRun(
  text: string,
  file: string,
  { accounts, environment }: { accounts: readonly Account[]; environment: Record<string, string> },
  signal: AbortSignal,
  values: OptionValues<'init'>,
  output: Output,
): Promise<number> {
  const passwords = accounts.map(({ passwordEnv, password }) => [passwordEnv, password]);
  const known = { ...Object.fromEntries(passwords), ...environment };
  const target = parseTarget(text, file, { ...process.env, ...known });
  // A short run with one workload can judge only these guarantees.
  target.claims = target.claims.filter(name => hopAt({ pause: 0 }).feeds.includes(name));
  const progress = new Progress(output.progress, values.quiet);
  const seed = randomInt(2 ** 31);
  const again = withVariables(target.variables, `${COMMAND} verify ${file}`);
  const command = `${again} --seed ${seed}`;
  const { result } = await verify(target, { ...TEST_RUN, seed, out: values.out, command, signal });
  progress.end();
  printResult(result, values, output);
  output.progress.write(
    `that run was short and used only the workload ${TEST_RUN.workloads[0]}; to judge all claims:  ${again}\n`,
  );
  return signal.aborted ? EXIT.interrupted : EXIT[result.judgement];
}

/**
 * Asks for permission if the app is on another machine.
 *
 * @throws UsageError without permission
 */
async function requirePermission(
  url: string,
  { yes }: Pick<OptionValues<'init'>, 'yes'>,
  ask: Asking | undefined,
): Promise<void> {
  const { hostname } = new URL(url);
  if (yes || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return;
  const warning = `${hostname} is not this machine: Baton will log in there, and send some hundred requests`;
  if (ask === undefined)
    throw new UsageError(`init: ${warning}. If you have permission to test this app, add --yes`);
  if (!(await ask.yes(`${warning}. Do you have permission to test this app?`)))
    throw new UsageError(
      'init: stopped before it sent a request, because you did not confirm the permission',
    );
}

async function accountsOf(values: OptionValues<'init'>, ask: Asking | undefined): Promise<Account[]> {
  const { user: users = [], 'password-env': variables = [], 'totp-env': codes = [] } = values;
  if (users.length === 0 && ask !== undefined) return askedFor(ask);
  if (users.length === 0)
    throw new UsageError(
      'init: expected two accounts of the app: --user NAME --password-env VARIABLE, each twice',
    );
  if (variables.length !== users.length && variables.length !== 1)
    throw new UsageError(
      `--password-env: expected one variable for all accounts, or one for each of the ${users.length} accounts, got ${variables.length}`,
    );
  if (codes.length > 0 && codes.length !== users.length)
    throw new UsageError(
      `--totp-env: expected one variable for each of the ${users.length} accounts, got ${codes.length}`,
    );
  return users.map((user, i) => {
    const passwordEnv = variables[i] ?? (variables[0] as string);
    const totpEnv = codes[i];
    const password = fromEnvironment('--password-env', passwordEnv);
    if (totpEnv !== undefined) fromEnvironment('--totp-env', totpEnv);
    return { user, password, passwordEnv, ...(totpEnv === undefined ? {} : { totpEnv }) };
  });
}

function fromEnvironment(option: string, name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new UsageError(
    `${option}: expected the environment variable ${name}: set it, as in ${name}=… ${COMMAND} init`,
  );
}

class Secrets {
  readonly environment: Record<string, string> = {};
  readonly #ask: Asking | undefined;

  constructor(ask: Asking | undefined) {
    this.#ask = ask;
  }

  async of(accounts: readonly Account[], user: string): Promise<string | undefined> {
    const account = accounts.find(one => one.user === user);
    if (account?.totpEnv !== undefined) return process.env[account.totpEnv];
    if (account === undefined || this.#ask === undefined) return undefined;
    const secret = await this.#ask.secret(
      `The secret of the one-time codes of ${user} (not shown, not written): `,
    );
    if (secret === '') return undefined;
    account.totpEnv = `BATON_TOTP_${accounts.indexOf(account) + 1}`;
    this.environment[account.totpEnv] = secret;
    return secret;
  }
}

async function askedFor(ask: Asking): Promise<Account[]> {
  const accounts: Account[] = [];
  for (const passwordEnv of ['BATON_PASSWORD_1', 'BATON_PASSWORD_2']) {
    const which =
      accounts.length === 0 ? 'User name of an account' : 'User name of a second account (empty: none)';
    const user = await ask.text(`${which}: `);
    if (user === '') break;
    accounts.push({
      user,
      password: await ask.secret('Its password (not shown, not written): '),
      passwordEnv,
    });
  }
  if (accounts.length > 0) return accounts;
  throw new UsageError('init: expected the user name and password of an account, because Baton must log in');
}

function bodyOf(
  values: OptionValues<'init'>,
  [first]: readonly Account[],
): Pick<InitOptions, 'loginForm' | 'loginJson'> {
  const { 'login-json': json, 'login-form': form, 'login-path': path } = values;
  if (json !== undefined && form !== undefined)
    throw new UsageError('init: expected --login-form or --login-json, got both: remove one');
  const option = form === undefined ? '--login-json' : '--login-form';
  const text = form ?? json;
  if (path === undefined && text !== undefined)
    throw new UsageError(`${option}: expected --login-path too: the path of the login request`);
  const name = first?.user.includes('@') ? 'email' : 'username';
  if (text === undefined) return { loginJson: { [name]: '{user}', password: '{password}' } };
  const wrong = (): UsageError =>
    new UsageError(`${option}: expected JSON such as {"name":"{user}","secret":"{password}"}, got ${text}`);
  try {
    const body: unknown = JSON.parse(text);
    if (form === undefined) return { loginJson: body };
    if (Object.values(Object(body)).every(value => typeof value === 'string'))
      return { loginForm: body as Record<string, string> };
  } catch {
    throw wrong();
  }
  throw wrong();
}
