/** Simulates a site with two instances and a session store. Each switch turns on one defect of sessions. */
import type { CookieAttributes, Declared } from '../history/history.ts';
import { Picture, type SessionPicture, type Shown } from './picture.ts';

export const SWITCHES = [
  'keeps the id at login',
  'adopts invented ids',
  'logout only clears the cookie',
  'logout is local to the instance',
  'a save in flight revives the session',
  'accepts a flipped cookie',
  'a cut cookie breaks it',
  'breaks the login form after parallel first requests',
  'expires early',
  'expires late',
  'one instance expires late',
  'one instance sends no HttpOnly',
  'a health check starts a session',
  'pages are public',
  'an outage signs out',
  'an outage hangs',
  'a restart empties the store',
  'one instance cannot read what the other wrote',
  'fails now and then',
] as const;
export type Switch = (typeof SWITCHES)[number];

const SECOND = 1_000_000;
const IDLE = 60 * SECOND;
const INSTANCES = ['app-1', 'app-2'] as const;

export const declared: Declared = {
  expiry: { idle: IDLE },
  deadline: 2 * SECOND,
  budgets: { errors: 1, recovery: SECOND },
};

interface Stored {
  user: string;
  active: number;
  forgotten: Set<string>;
}

export class Site {
  readonly picture = new Picture({ declared });
  readonly #on: ReadonlySet<Switch>;
  readonly #random: () => number;
  readonly #store = new Map<string, Stored>();
  #names = 0;
  #colds = 0;

  /** @param random returns a number with 0 ≤ n < 1, in the same sequence for each run of a plan */
  constructor(on: readonly Switch[], random: () => number) {
    this.#on = new Set(on);
    this.#random = random;
  }

  #any(): string {
    return this.#random() < 0.5 ? 'app-1' : 'app-2';
  }

  #timeout(instance: string): number {
    if (this.#on.has('expires early')) return IDLE * 0.5;
    const late =
      this.#on.has('expires late') || (this.#on.has('one instance expires late') && instance === 'app-2');
    return late ? IDLE * 3 : IDLE;
  }

  /** Returns whether an instance accepts a session id at this moment. Restarts the idle timeout of the session. */
  #known(id: string, instance: string): boolean {
    const stored = this.#store.get(id);
    if (stored === undefined || stored.forgotten.has(instance)) return false;
    if (this.picture.now - stored.active > this.#timeout(instance)) return false;
    stored.active = this.picture.now;
    return true;
  }

  #cookie(instance: string, label: string): Shown {
    const exposed = this.#on.has('one instance sends no HttpOnly') && instance === 'app-2';
    const attributes: CookieAttributes = {
      httpOnly: !exposed,
      secure: false,
      sameSite: 'lax',
      path: '/',
      bytes: 80,
      bits: 160,
    };
    return { cookies: [{ name: 'sid', change: 'set', label, attributes }] };
  }

  #caching(): Shown {
    return { caching: { control: this.#on.has('pages are public') ? 'public, max-age=60' : 'private' } };
  }

  #login(instance = this.#any(), before?: (session: SessionPicture) => void): [SessionPicture, string] {
    const name = `s${++this.#names}`;
    const session = this.picture.session(name, this.#random() < 0.5 ? 'alice' : 'bob');
    before?.(session);
    const id = `${name}-id`;
    session.login(instance, { ...this.#cookie(instance, id), ...this.#caching(), path: '/login' });
    this.#store.set(id, { user: session.user, active: this.picture.now, forgotten: new Set() });
    return [session, id];
  }

  #read(
    session: SessionPicture,
    id: string,
    instance: string,
    more: Shown = {},
    saw: string[] = [],
  ): boolean {
    const alive = this.#known(id, instance);
    if (!alive) session.signedOut(instance, more);
    else session.read(instance, saw, { ...this.#caching(), path: '/me', ...more });
    return alive;
  }

  /** Adds sessions that read and write, and alternate between the two instances. */
  hop(sessions = 12): [SessionPicture, string][] {
    return Array.from({ length: sessions }, (_, i) => {
      const home = INSTANCES[i % 2] ?? 'app-1';
      const away = INSTANCES[(i + 1) % 2] ?? 'app-2';
      const [session, id] = this.#login(home);
      session.write(`${id}-v`, home);
      for (let j = 0; j < 6; j++) {
        const instance = j % 2 === 0 ? home : away;
        const unreadable = this.#on.has('one instance cannot read what the other wrote');
        if (unreadable && home === 'app-1' && instance === 'app-2') {
          session.asks(instance, { outcome: 'fail', status: 422 });
        } else if (this.#on.has('fails now and then') && this.#random() < 0.2) {
          session.asks(instance, { outcome: 'fail', status: 500 });
        } else this.#read(session, id, instance, {}, [`${id}-v`]);
      }
      return [session, id];
    });
  }

  logoutRace(): void {
    const [session, id] = this.#login();
    for (const instance of INSTANCES) this.#read(session, id, instance);
    const stored = this.#store.get(id);
    const [here, flight] = [this.#any(), this.#any()];
    const call = this.picture.now;
    const long = 2000 + Math.floor(this.#random() * 3000);
    session.write(`${id}-w`, flight, { call: call - 10, return: call + long });
    session.logout(here, { call, return: call + 200 });
    if (this.#on.has('logout is local to the instance')) stored?.forgotten.add(here);
    else if (!this.#on.has('logout only clears the cookie')) this.#store.delete(id);
    for (const instance of INSTANCES)
      this.#read(session, id, instance, { with: 'old', sent: id, call: this.picture.now });
    this.picture.wait(long);
    if (this.#on.has('a save in flight revives the session') && stored !== undefined) {
      this.#store.set(id, stored);
    }
    for (const instance of INSTANCES) this.#read(session, id, instance, { with: 'old', sent: id });
    session.ended();
  }

  fixation(): void {
    const [session, id] = this.#login(this.#any(), fresh => fresh.form(this.#any()));
    const kept = this.#on.has('keeps the id at login');
    this.#read(session, kept ? id : 'anonymous', this.#any(), { with: 'before-login', sent: id });
    session.ended();
    const [other, own] = this.#login(this.#any(), fresh => fresh.form(this.#any(), { with: 'invented' }));
    const adopted = this.#on.has('adopts invented ids');
    this.#read(other, adopted ? own : 'unheard of', this.#any(), { with: 'invented', sent: own });
    other.ended();
  }

  forgery(): void {
    const [session, id] = this.#login();
    for (const instance of INSTANCES) {
      for (const change of ['flip', 'cut', 'splice']) {
        const how = { with: 'forged', change } as const;
        const crashes = change === 'cut' && this.#on.has('a cut cookie breaks it');
        const accepts = change === 'flip' && this.#on.has('accepts a flipped cookie');
        if (crashes) session.asks(instance, { ...how, outcome: 'fail', status: 500 });
        else this.#read(session, accepts ? id : 'unheard of', instance, how);
      }
    }
    session.ended();
  }

  coldBurst(): void {
    const orphaned = this.#on.has('breaks the login form after parallel first requests');
    const two = (fresh: SessionPicture) => {
      const call = this.picture.now;
      fresh.form(this.#any(), { call, ...this.#cookie('app-1', `${fresh.name}-1`) });
      fresh.form(this.#any(), { call: call + 100, ...this.#cookie('app-1', `${fresh.name}-2`) });
    };
    // The first burst always fails, so that every run shows the defect.
    if (orphaned && (this.#colds++ === 0 || this.#random() < 0.7)) {
      const session = this.picture.session(`s${++this.#names}`, 'alice');
      two(session);
      session.refusedLogin(this.#any()).ended();
      return;
    }
    const [session, id] = this.#login(this.#any(), two);
    this.#read(session, id, this.#any());
    session.ended();
  }

  /** Adds sessions on each instance that are idle until shortly before or after the idle timeout. */
  idle(): void {
    for (const instance of INSTANCES) {
      for (const share of [0.85 + 0.08 * this.#random(), 1.07 + 0.1 * this.#random()]) {
        const [session, id] = this.#login();
        for (const each of INSTANCES) this.#read(session, id, each);
        this.picture.wait(Math.floor(IDLE * share));
        this.#read(session, id, instance);
        session.ended();
      }
    }
  }

  audit(): void {
    const session = this.picture.session(`s${++this.#names}`, 'alice');
    for (const instance of INSTANCES) {
      const starts = this.#on.has('a health check starts a session');
      const set = starts ? this.#cookie(instance, `${instance}-health`) : {};
      session.asks(instance, { with: 'none', path: '/healthz', ...set });
    }
    session.ended();
  }

  outage(sessions: readonly [SessionPicture, string][]): void {
    const { picture } = this;
    picture.wait(SECOND).disturb(1, 'stop', { part: 'store', where: 'redis', down: true });
    sessions.forEach(([session], i) => {
      const error = { outcome: 'fail', status: 503 } as const;
      session.asks(this.#any(), error);
      if (this.#on.has('an outage signs out') && i % 3 === 0) session.signedOut(this.#any());
      else if (this.#on.has('an outage hangs') && i % 3 === 0) {
        session.asks(this.#any(), { ...error, call: picture.now, return: picture.now + 9 * SECOND });
      }
    });
    picture
      .wait(SECOND)
      .heal(1)
      .wait(3 * SECOND);
    for (const [session, id] of sessions) this.#read(session, id, this.#any(), {}, [`${id}-v`]);
  }

  /** Adds a restart of the store. Requests during the restart get an error at once, instead of waiting for its end. */
  restart(sessions: readonly [SessionPicture, string][]): void {
    const { picture } = this;
    picture.wait(SECOND).disturb(2, 'restart', { part: 'store', where: 'redis' });
    for (const [session] of sessions) session.asks(this.#any(), { outcome: 'fail', status: 503 });
    picture
      .wait(SECOND)
      .heal(2)
      .wait(3 * SECOND);
    if (this.#on.has('a restart empties the store')) this.#store.clear();
  }

  final(sessions: readonly [SessionPicture, string][]): void {
    this.picture.phase('final');
    for (const [session, id] of sessions) {
      this.#read(session, id, this.#any(), {}, [`${id}-v`]);
      session.ended();
    }
    this.picture.finish();
  }

  /** Adds all scenarios of this class, in an order that leaves enough evidence for every check. */
  run(): Picture {
    for (let i = 0; i < 6; i++) this.logoutRace();
    for (let i = 0; i < 4; i++) this.fixation();
    for (let i = 0; i < 3; i++) this.forgery();
    for (let i = 0; i < 5; i++) this.coldBurst();
    this.idle();
    this.audit();
    this.hop(40).forEach(([session]) => {
      session.ended();
    });
    const sessions = this.hop();
    this.outage(sessions);
    this.restart(sessions);
    this.final(sessions);
    return this.picture.inTime();
  }
}
