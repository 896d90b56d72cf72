/** What users do, in the words of a session: each function is a request or a few. */
import { sleep } from 'k6';
import type { FormRequest, Probe } from './app.ts';
import type { Session } from './session.ts';

/** A session's state is kept about this large, so that pages stay small and removals are seen too. */
const ITEMS = 8;

type Adding = Probe & { add: FormRequest };
type Removing = Probe & { remove: FormRequest };

const adds = (probe: Probe | undefined): probe is Adding => probe?.add !== undefined;
const removes = (probe: Probe | undefined): probe is Removing => probe?.remove !== undefined;

/** What a hop needs of a session. */
export type Hopping = Pick<Session, 'vu' | 'alive' | 'items' | 'login' | 'read' | 'look' | 'add' | 'remove'>;

/** One request: mostly a read, now and then a write. Without a session, the login. */
export function hop(session: Hopping): void {
  if (!session.alive) {
    session.login();
    return;
  }
  const { items } = session;
  const { app, random } = session.vu;
  const [probe] = app.probes;
  const pages = app.pages ?? [];
  const draw = random.next();
  if (removes(probe) && items.length > 0 && draw < (items.length >= ITEMS ? 0.2 : 0.03))
    session.remove(probe);
  else if (adds(probe) && draw < 0.2 && items.length < 2 * ITEMS) session.add(probe);
  else if (pages.length > 0 && draw > 0.8) session.look(pages[random.below(pages.length)] ?? '/');
  else session.read(probe);
}

/** Puts a value into the object of the first probe, if there is one. */
export function put(session: Session, value?: string): void {
  const [probe] = session.vu.app.probes;
  if (session.alive && adds(probe)) session.add(probe, value);
}

/** Takes a value out again, if there is one. */
export function take(session: Session): void {
  const [probe] = session.vu.app.probes;
  if (session.alive && removes(probe) && session.items.length > 0) session.remove(probe);
}

/** Pauses as a person does who reads a page: a time drawn between the two that THINK gives. */
export function think({ vu: { settings, random } }: Pick<Session, 'vu'>): void {
  const [least, most] = settings.think;
  if (most > 0) sleep(least + (most - least) * random.next());
}
