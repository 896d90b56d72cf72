/**
 * Writes and reads a value with each probe before the load. If `items` of a probe was wrong, every read of the run
 * would look stale.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave } from '../client/leave.ts';
import { writeOf, writing } from '../client/probes.ts';
import type { Recorded } from '../client/recorder.ts';
import type { Operation } from '../core/history/history.ts';
import { countOf } from '../core/objects/models.ts';
import { mayBeCutOff } from '../core/objects/sift.ts';
import type { Reply } from '../core/response/reply.ts';
import { UsageError } from '../errors.ts';
import type { Probe } from '../target/schema.ts';
import { scrub, secretsOf } from '../target/secrets.ts';

/**
 * If no read shows the values of this number of acknowledged writes, Baton rejects the target file. At least two
 * instances must have served the writes, because a single instance may be broken.
 */
const WRITES = 3;
const TRIES = 9;
/** Number of reads after each write. Some reads go to the instance that served the write. */
const READS = 8;
/** Additional reads before Baton rejects the target file: their number, and the pause before each, milliseconds. */
const LATE = { reads: 6, pause: 400 };
/**
 * Number of writes to a shared object before the load. During the load, concurrent writes would make it impossible to
 * prove a lost write.
 */
const ALONE = 12;
/** Maximum total time of the writes before the load, microseconds. */
const ALONE_TIME = 10e6;
const AROUND = 120;

/**
 * Writes and reads with each probe in a new session.
 *
 * @throws UsageError if `items` of a probe finds no written value
 */
export async function checkProbes(context: Context): Promise<void> {
  const written = context.target.probes.filter(probe => writeOf(probe) !== undefined);
  if (written.length === 0 || context.signal.aborted) return;
  const account = context.account(0);
  const driver = new Driver(context, { client: 'ready', session: 'r-probes', account });
  if (!(await driver.enter())) return driver.end('refused');
  // Reads the signed-in page, because writes may need its form token.
  if ((await driver.read()).operation.signedIn === 'in')
    for (const probe of written)
      if (!(await checkProbe(context, driver, probe)) || !(await writeAlone(context, driver, probe))) break;
  await leave(context, driver);
}

/** Returns false if the session was lost. A lost session is no error in the target file. */
async function checkProbe(context: Context, driver: Driver, probe: Probe): Promise<boolean> {
  const missed: { write: Operation; reply: Reply }[] = [];
  for (let i = 0; i < TRIES && !context.signal.aborted; i++) {
    // An extra read, so that a strict round robin does not send every write to the same instance.
    if (context.random.next() < 0.5) await driver.read();
    const write = await driver.write(probe);
    if (write.signedIn === 'out') return false;
    // Skips a write that the app did not acknowledge: a page without its value proves nothing about `items`.
    if (write.outcome !== 'ok') continue;
    const { found, lost, reply } = await lookFor(context, driver, probe, write);
    if (lost) return false;
    if (found) learnRedirect(context, probe, write);
    if (found && probe.remove !== undefined && write.value !== undefined && write.action === 'add')
      await driver.remove(probe, probe.remove, write.value);
    if (found) return true;
    if (reply === undefined) continue;
    missed.push({ write, reply });
    if (!proves(context, missed)) continue;
    // If a value appears later, `items` is right, and a cache returned an old page. The run judges such stale reads.
    if (await appears(context, driver, probe, missed)) return true;
    throw notFound(context, probe, write, reply);
  }
  return true;
}

function learnRedirect({ interpreter }: Context, probe: Probe, { status = 0 }: Operation): void {
  const redirected = status >= 300 && status < 400;
  if (redirected && writing(probe).confirmed === undefined) interpreter.redirecting.add(probe.object);
}

/**
 * Writes to a shared object without concurrent requests. Reads each value once on every instance that did not serve the
 * write, or twice through the balancer. Returns false if the session was lost.
 */
async function writeAlone(context: Context, driver: Driver, probe: Probe): Promise<boolean> {
  const { instances, recorder, signal } = context;
  const rounds = probe.scope === 'session' ? 0 : Math.min(ALONE, (probe.cap ?? ALONE + 1) - 1);
  const end = recorder.clock.now() + ALONE_TIME;
  for (let i = 0; i < rounds && !signal.aborted && recorder.clock.now() < end; i++) {
    const write = await driver.write(probe);
    if (write.outcome !== 'ok') return write.signedIn !== 'out';
    const others = instances.names().filter(to => to !== write.instance && instances.way(to) !== undefined);
    for (const how of others.length > 0 ? others.map(to => ({ to })) : [{}, {}])
      if ((await driver.read(probe, how)).operation.signedIn === 'out') return false;
    if (probe.remove !== undefined && write.value !== undefined && write.action === 'add')
      await driver.remove(probe, probe.remove, write.value);
  }
  return true;
}

/** Returns whether missing values prove that `items` is wrong: a single broken instance cannot have lost them all. */
function proves({ instances }: Context, missed: readonly { write: Operation }[]): boolean {
  const wrote = new Set(missed.map(({ write }) => write.instance));
  return missed.length >= WRITES && wrote.size >= Math.min(2, instances.names().length);
}

/** Reads on the instance that served the write, and on the other instances, which may show the value later. */
async function lookFor(
  context: Context,
  driver: Driver,
  probe: Probe,
  write: Operation,
): Promise<{ found: boolean; lost: boolean; reply: Reply | undefined }> {
  const { instances } = context;
  const own = write.instance !== undefined && instances.way(write.instance) !== undefined;
  let page: Reply | undefined;
  for (let i = 0; i < READS && !context.signal.aborted; i++) {
    const read: Recorded = await driver.read(probe, i % 2 === 0 && own ? { to: write.instance } : {});
    const { signedIn, saw, outcome } = read.operation;
    if (signedIn === 'out') return { found: false, lost: true, reply: page };
    // Skips a response that is not a complete page of the signed-in user.
    if (outcome !== 'ok' || signedIn !== 'in' || saw === undefined) continue;
    if (shows(probe, write, saw)) return { found: true, lost: false, reply: page };
    // Skips a page that may have cut off a long list before the value.
    if (mayBeCutOff(saw.length)) continue;
    page = read.reply;
  }
  return { found: false, lost: false, reply: page };
}

/** Repeats the read for up to 3 s, until it shows one of the missing values. */
async function appears(
  { signal }: Context,
  driver: Driver,
  probe: Probe,
  missed: readonly { write: Operation }[],
): Promise<boolean> {
  for (let i = 0; i < LATE.reads && !signal.aborted; i++) {
    await sleep(LATE.pause, undefined, { signal }).catch(() => {});
    const { saw = [] } = (await driver.read(probe)).operation;
    if (missed.some(({ write }) => shows(probe, write, saw))) return true;
  }
  return signal.aborted;
}

function shows({ kind }: Probe, { value = '' }: Operation, saw: readonly string[]): boolean {
  // Accepts any number as the value of a counter, because the run judges this number.
  if (kind === 'counter') return saw.length > 0 && Number.isFinite(countOf(saw));
  return saw.includes(value);
}

function notFound({ target }: Context, probe: Probe, { value = '' }: Operation, { body }: Reply): UsageError {
  const { object, read } = probe;
  const what =
    probe.kind === 'counter' ? 'a number' : `${JSON.stringify(value)}, which had just been written`;
  return new UsageError(
    `probes (${object}): expected read.items to find ${what}, in ${read.path}, but it found none, in ${WRITES} writes or more ` +
      `with ${READS} reads each. Correct the expression, \`within\` or the path, so that it finds each value as it was sent. ` +
      `The page has: ${excerpt(body, value, secretsOf(target, process.env))}`,
  );
}

function excerpt(body: string, value: string, secrets: readonly string[]): string {
  const text = hidden(body, secrets);
  const low = text.toLowerCase();
  const tail = value.slice(value.lastIndexOf('.') + 1).toLowerCase();
  const forms = [value, value.slice(0, 12), tail].map(form => low.indexOf(form.toLowerCase()));
  const at = forms.find(place => place >= 0) ?? Math.max(0, low.indexOf('<body'));
  const from = Math.max(0, at - AROUND);
  const part = text
    .slice(from, at + value.length + AROUND)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return JSON.stringify(`${from > 0 ? '…' : ''}${part}…`);
}

/** Hides the values of hidden fields and meta elements, because they may be form tokens. */
function hidden(body: string, secrets: readonly string[]): string {
  return scrub(body, secrets)
    .replaceAll(/<input\b[^>]*\btype=["']?hidden\b[^>]*>/gi, '<input type="hidden" (hidden)>')
    .replaceAll(/(<meta\b[^>]*\bcontent=)("[^"]*"|'[^']*')/gi, '$1"(hidden)"');
}
