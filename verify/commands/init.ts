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
import { accountsOf, type GivenAccount, Secrets } from './init-accounts.ts';
import type { OptionValues } from './options.ts';
import { type Output, printResult } from './output.ts';
import { withVariables } from './replay.ts';

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
  const reached = reachedBy(url, values);
  const { file } = values;
  const ask = asking(output);
  const secrets = new Secrets(ask);
  const stop = new AbortController();
  try {
    await requirePermission(reached.url, values, ask);
    const accounts = await accountsOf(values, ask);
    process.once('SIGINT', () => stop.abort());
    const { signal } = stop;
    const text = await init(await optionsOf(reached, values, { accounts, secrets, ask, output, signal }));
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
 * Checks the address and the options --ca, --file and --as. Returns the address and the accepted certificates of the
 * app.
 */
function reachedBy(url: string | undefined, values: OptionValues<'init'>): InitOptions['reached'] {
  if (url === undefined)
    throw new UsageError(`init: expected an address, as in: ${COMMAND} init http://127.0.0.1:8080`);
  const { file, ca } = values;
  const tls = ca === undefined ? {} : { tls: { insecure: false, ca: certificatesIn(ca, ca, '--ca') } };
  const reached = { url: address(url, 'init'), headers: {}, ...tls };
  if (existsSync(file) && !values.force && !readFileSync(file, 'utf8').startsWith(UNFINISHED))
    throw new UsageError(
      `init: ${file} exists already: add --force to replace it, or name another file with --file`,
    );
  const wrong = values.as === undefined ? undefined : unknownRecipe(values.as);
  if (wrong !== undefined) throw new UsageError(`--as: ${wrong}`);
  return reached;
}

interface Visit {
  accounts: readonly GivenAccount[];
  secrets: Secrets;
  ask: Asking | undefined;
  output: Output;
  signal: AbortSignal;
}

async function optionsOf(
  reached: InitOptions['reached'],
  values: OptionValues<'init'>,
  { accounts, secrets, ask, output, signal }: Visit,
): Promise<InitOptions> {
  const { ca, file } = values;
  return {
    reached,
    accounts,
    ca: ca === undefined ? undefined : relative(dirname(resolve(file)), resolve(ca)),
    recipe: values.as,
    loginPage: values['login-page'],
    loginPath: values['login-path'],
    ...bodyOf(values, accounts),
    hints: await hintsOf(values, reached.url, accounts, ask),
    signal,
    ...(ask === undefined
      ? {}
      : {
          whereLogin: async () => (await ask.text('Which page has the login form (its path)? ')) || undefined,
        }),
    mayVisit: async origin => {
      await requirePermission(origin, values, ask);
      return true;
    },
    secretOf: user => secrets.of(accounts, user),
    say: line => output.progress.write(`${line}\n`),
    mayWrite: async ({ path, field, page }) =>
      values.probe ||
      ((await ask?.yes(`POST ${path} with a short text in "${field}", twice, and look for it on ${page}?`)) ??
        false),
  };
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
  accounts: readonly GivenAccount[],
  ask: Asking | undefined,
): Promise<Hints | undefined> {
  const site = new URL(url);
  const { har, browser, probe, ca } = values;
  if (har !== undefined) return hintsOfTraffic(recordedIn(textOf(har), har), site, accounts);
  if (!browser) return undefined;
  const done = 'Log in in the window, add a text somewhere, log out; then press Enter here ';
  const recorded = await browse({
    url: site.href.replace(/\/$/, '') + (values['login-page'] ?? '/'),
    account: accounts[0] as GivenAccount,
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
  { accounts, environment }: { accounts: readonly GivenAccount[]; environment: Record<string, string> },
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

function bodyOf(
  values: OptionValues<'init'>,
  [first]: readonly GivenAccount[],
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
