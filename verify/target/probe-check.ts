/**
 * Before the load: writes once through each probe and looks for the value on the probe's page. A file whose expression
 * finds no value that was certainly written would make every later read look stale.
 */
import type { Context } from '../client/context.ts';
import { Driver, writeOf } from '../client/driver.ts';
import type { Recorded } from '../client/recorder.ts';
import type { Operation } from '../core/history.ts';
import type { Reply } from '../core/interpret.ts';
import { countOf } from '../core/objects/effect.ts';
import { mayBeCutOff } from '../core/objects/sift.ts';
import { UsageError } from '../errors.ts';
import { leave } from './leave.ts';
import type { Probe } from './schema.ts';
import { scrub, secretsOf } from './secrets.ts';

/**
 * Acknowledged writes that no read shows before a file is rejected. They must be spread over several instances where
 * there are several: a deployment that loses writes on one instance is judged, and not rejected.
 */
const WRITES = 3;
/** Writes that are tried to get there. */
const TRIES = 9;
/** Reads after each of them: on the instance that wrote, on the others, and some time later. */
const READS = 8;
/** Characters of the page on either side of what the error shows. */
const AROUND = 120;

/** Throws UsageError if a probe's `items` finds none of the values that were written in a session of its own. */
export async function checkProbes(context: Context): Promise<void> {
  const written = context.target.probes.filter(probe => writeOf(probe) !== undefined);
  if (written.length === 0 || context.signal.aborted) return;
  const account = context.account(0);
  const driver = new Driver(context, { client: 'ready', session: 'r-probes', account });
  if (!(await driver.enter())) return driver.end('refused');
  // The form token of the session comes with its first page.
  if ((await driver.read()).operation.signedIn === 'in')
    for (const probe of written) if (!(await checked(context, driver, probe))) break;
  await leave(context, driver);
}

/** Returns false where the session was lost: that is for the run to judge. */
async function checked(context: Context, driver: Driver, probe: Probe): Promise<boolean> {
  const missed: { write: Operation; reply: Reply }[] = [];
  for (let i = 0; i < TRIES && !context.signal.aborted; i++) {
    // A strict round robin would send every write to the same instance.
    if (context.random.next() < 0.5) await driver.read();
    const write = await driver.write(probe);
    if (write.signedIn === 'out') return false;
    // A refused write, or one that may have happened, says nothing of the expression.
    if (write.outcome !== 'ok') continue;
    const { found, lost, reply } = await sought(context, driver, probe, write);
    if (lost) return false;
    if (found && probe.remove !== undefined && write.value !== undefined && write.action === 'add')
      await driver.remove(probe, probe.remove, write.value);
    if (found) return true;
    if (reply === undefined) continue;
    missed.push({ write, reply });
    if (proves(context, missed)) throw notFound(context, probe, write, reply);
  }
  return true;
}

/** Returns whether the expression, and no instance, must be what misses the values. */
function proves({ instances }: Context, missed: readonly { write: Operation }[]): boolean {
  const wrote = new Set(missed.map(({ write }) => write.instance));
  return missed.length >= WRITES && wrote.size >= Math.min(2, instances.names().length);
}

/** Looks for a value where it was written, on other instances, and again: an instance may lag behind. */
async function sought(
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
    // A page that is not the signed-in one, or only a part of the list, shows nothing of it.
    if (outcome !== 'ok' || signedIn !== 'in' || saw === undefined) continue;
    if (shows(probe, write, saw)) return { found: true, lost: false, reply: page };
    // The value may stand beyond the part that is shown.
    if (mayBeCutOff(saw.length)) continue;
    page = read.reply;
  }
  return { found: false, lost: false, reply: page };
}

function shows({ kind }: Probe, { value = '' }: Operation, saw: readonly string[]): boolean {
  // Whether it counts right is for the run to judge.
  if (kind === 'counter') return saw.length > 0 && Number.isFinite(countOf(saw));
  return saw.includes(value);
}

function notFound({ target }: Context, probe: Probe, { value = '' }: Operation, { body }: Reply): UsageError {
  const { object, read } = probe;
  const what =
    probe.kind === 'counter' ? 'a number' : `${JSON.stringify(value)}, which had just been written`;
  return new UsageError(
    `probes (${object}): expected read.items to find ${what}, in ${read.path}, and it did not, in ${WRITES} writes or more ` +
      `with ${READS} reads each. Correct the expression, \`within\` or the path, so that it finds each value as it was sent. ` +
      `The page has: ${excerpt(body, value, secretsOf(target, process.env))}`,
  );
}

/** Returns the part of a page where a value may stand in another form, without what looks like a secret. */
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

/** Hides known secrets, and the values of hidden fields and meta elements: form tokens stand there. */
function hidden(body: string, secrets: readonly string[]): string {
  return scrub(body, secrets)
    .replaceAll(/<input\b[^>]*\btype=["']?hidden\b[^>]*>/gi, '<input type="hidden" (hidden)>')
    .replaceAll(/(<meta\b[^>]*\bcontent=)("[^"]*"|'[^']*')/gi, '$1"(hidden)"');
}
