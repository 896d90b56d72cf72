/** Which of a client's cookies carry its session, and which only lead it to an instance, or count its visits. */
import type { Context } from '../client/context.ts';
import type { Driver } from '../client/driver.ts';
import { byHeader } from './claims.ts';

type Asking = Pick<Context, 'target' | 'interpreter' | 'random' | 'signal' | 'connect'>;
type Asked = Pick<Driver, 'cookies' | 'copyJar'>;

/**
 * Signed-in answers with all cookies, and as many answers without one that are not: of sessions that always live, and of
 * others.
 */
const SURE = { alive: 3, flaky: 12 };
const TRIES = 80;
/** Strangers whose cookie is tried: on an instance that knows the session, and where no instance is named. */
const STRANGERS = { there: 3, anywhere: 16 };

/** @returns names of the cookies without which the session is never signed in, and for which no stranger's will do */
export async function sessionCookies(asking: Asking, asked: Asked): Promise<string[]> {
  const names = asked.cookies().map(({ name }) => name);
  const elsewhere = byHeader(asking.target);
  if (names.length < 2 && !elsewhere) return names;
  const carrying: string[] = [];
  for (const name of names) {
    const there = await carriedBy(asking, asked, name);
    if (there !== undefined && !(await strangersDo(asking, asked, name, there))) carrying.push(name);
  }
  return carrying.length === 0 && !elsewhere ? names : carrying;
}

/**
 * Asks with all cookies and without one, in random order: where some instances do not know the session, a round robin
 * must not give one kind of question to those alone.
 *
 * @returns the instances that know the session, if it is never signed in without the cookie; undefined if it is
 */
async function carriedBy(asking: Asking, asked: Asked, name: string): Promise<Set<string> | undefined> {
  const whole = { signedIn: 0, out: 0 };
  const there = new Set<string>();
  let lacking = 0;
  for (let i = 0; i < TRIES && !asking.signal.aborted; i++) {
    const enough = whole.out === 0 ? SURE.alive : SURE.flaky;
    if (whole.signedIn >= enough && lacking >= enough) return there;
    const without = asking.random.next() < 0.5 ? [name] : [];
    const { signedIn, instance } = await seen(asking, asked.copyJar(without));
    if (signedIn && without.length > 0) return undefined;
    if (signedIn && instance !== undefined) there.add(instance);
    if (without.length > 0) lacking++;
    else whole[signedIn ? 'signedIn' : 'out']++;
  }
  return whole.signedIn === 0 ? there : undefined;
}

/**
 * A cookie by which a balancer knows its clients is missed too, where only one instance knows the session: without it
 * the request goes elsewhere. But that of anybody who was sent to the same instance does as well.
 */
async function strangersDo(
  asking: Asking,
  asked: Asked,
  name: string,
  there: ReadonlySet<string>,
): Promise<boolean> {
  const { connect, target, signal } = asking;
  let tried = 0;
  const enough = there.size > 0 ? STRANGERS.there : STRANGERS.anywhere;
  for (let i = 0; i < TRIES && tried < enough && !signal.aborted; i++) {
    const stranger = connect();
    const { instance } = await seen(asking, stranger);
    const cookie = stranger.cookies(target.signedIn.page).find(other => other.name === name);
    // It is given to nobody but those who log in.
    if (cookie === undefined) return false;
    if (there.size > 0 && (instance === undefined || !there.has(instance))) continue;
    tried++;
    const mixed = asked.copyJar([name]);
    mixed.put(name, cookie.value);
    if ((await seen(asking, mixed)).signedIn) return true;
  }
  return false;
}

async function seen(
  { target, interpreter, signal }: Asking,
  client: ReturnType<Asked['copyJar']>,
): Promise<{ signedIn: boolean; instance: string | undefined }> {
  const reply = await client.send({ method: 'GET', path: target.signedIn.page }, signal);
  const { signedIn, instance } = interpreter.seen(reply, { action: 'read' });
  return { signedIn: signedIn === 'in', instance };
}
