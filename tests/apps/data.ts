/** Small apps with various data, such as shared notes or a single value. */
import type { AppRequest, AppResponse, InstanceName } from './serve.ts';
import { form, hidden, type Session, SmallApp } from './small-app.ts';

const field = (name: string, csrf: string): string => `<input name="${name}">${hidden('csrf', csrf)}`;

/**
 * An app with a list of notes for each user, or one list for all users. The notes in `before` are older than the run.
 * Every seventh write adds a second note, which stands for a write of another run.
 */
export class KeepsNotes extends SmallApp {
  readonly #by: 'user' | 'all';
  readonly #kept = new Map<string, string[]>();
  #writes = 0;

  constructor(by: 'user' | 'all', before: readonly string[] = []) {
    super();
    this.#by = by;
    for (const name of by === 'all' ? ['all'] : this.users) this.#kept.set(name, [...before]);
  }

  protected override inside(asked: AppRequest, session: Session): AppResponse | undefined {
    session.notes = this.#kept.get(this.#by === 'all' ? 'all' : session.user) ?? [];
    if (`${asked.method} ${asked.path}` === 'POST /notes' && ++this.#writes % 7 === 0)
      session.notes.push(`another-run-${this.#writes}`);
    return super.inside(asked, session);
  }
}

/** An app that keeps one value in each session. */
export class Motto extends SmallApp {
  /** The instance that shows no value at every third read. If undefined, the app is healthy. */
  forgets: InstanceName | undefined;
  #reads = 0;

  protected override notes({ notes, csrf }: Session): string {
    return `<p id="motto">${notes.at(-1) ?? ''}</p>${form('/notes', field('text', csrf), 'Save')}`;
  }

  protected override inside(asked: AppRequest, session: Session): AppResponse | undefined {
    const forgotten = asked.instance === this.forgets && asked.method === 'GET' && ++this.#reads % 3 === 0;
    return super.inside(asked, forgotten ? { ...session, notes: [] } : session);
  }
}

/** An app that keeps a counter in each session, which begins at 57. */
export class Counts extends SmallApp {
  protected override notes({ notes, csrf }: Session): string {
    return `<p id="count">${57 + notes.length}</p>${form('/notes', field('text', csrf), 'Count')}`;
  }
}

/** An app that keeps up to `cap` notes in a session, and refuses more. */
export class Capped extends SmallApp {
  readonly cap: number;
  /** The instance that shows an empty list at every third read. If undefined, the app is healthy. */
  blanks: InstanceName | undefined;
  #reads = 0;

  constructor(cap: number) {
    super();
    this.cap = cap;
  }

  protected override inside(asked: AppRequest, session: Session): AppResponse | undefined {
    const writes = `${asked.method} ${asked.path}` === 'POST /notes';
    if (writes && session.notes.length >= this.cap) return { status: 409, body: 'Full' };
    const blank = asked.instance === this.blanks && asked.path === '/notes' && ++this.#reads % 3 === 0;
    return super.inside(asked, blank && !writes ? { ...session, notes: [] } : session);
  }
}

/** An app that keeps only the newest `most` notes, and silently removes older notes. */
export class KeepsNewest extends SmallApp {
  readonly most = 10;

  protected override inside(asked: AppRequest, session: Session): AppResponse | undefined {
    const response = super.inside(asked, session);
    session.notes = session.notes.slice(-this.most);
    return response;
  }
}

/** An app that does not keep texts of more than `longest` characters. It accepts them, or answers `refusal`. */
export class ShortTexts extends SmallApp {
  readonly longest = 120;
  refusal: AppResponse = { to: '/notes' };

  protected override inside(asked: AppRequest, session: Session): AppResponse | undefined {
    const { text = '' } = asked.form;
    if (`${asked.method} ${asked.path}` === 'POST /notes' && text.length > this.longest) return this.refusal;
    return super.inside(asked, session);
  }
}

/** An app that shows notes in upper case. */
export class Shouts extends SmallApp {
  protected override notes(session: Session): string {
    return super.notes({ ...session, notes: session.notes.map(note => note.toUpperCase()) });
  }
}

/** An app with a cache: a new note appears 1 s after the first read that should show it. */
export class ShowsNotesLate extends SmallApp {
  readonly #due = new Map<string, number>();

  protected override notes(session: Session): string {
    const now = Date.now();
    for (const note of session.notes) if (!this.#due.has(note)) this.#due.set(note, now + 1_000);
    return super.notes({
      ...session,
      notes: session.notes.filter(note => (this.#due.get(note) ?? 0) <= now),
    });
  }
}

/** A broken app: loses every note that is sent to the instance `two`. */
export class LosesNotes extends SmallApp {
  protected override inside(asked: AppRequest, session: Session): AppResponse | undefined {
    const lost = asked.instance === 'two' && `${asked.method} ${asked.path}` === 'POST /notes';
    return lost ? { to: '/notes' } : super.inside(asked, session);
  }
}

/** An app that keeps the notes in a cookie. A too large cookie gets 502, as from a balancer with small buffers. */
export class NotesInCookie extends SmallApp {
  largest = 4_000;
  refused = 0;

  protected override inside(asked: AppRequest, session: Session): AppResponse | undefined {
    const answer = super.inside(asked, session);
    if (`${asked.method} ${asked.path}` !== 'POST /notes' || answer?.to === undefined) return answer;
    const cookie = `notes=${encodeURIComponent(session.notes.join(' '))}; Path=/; HttpOnly; SameSite=Lax`;
    if (cookie.length <= this.largest) return { ...answer, cookies: [cookie] };
    this.refused++;
    session.notes.pop();
    return { status: 502, body: '502 Bad Gateway', headers: { 'X-Instance': '' } };
  }
}
