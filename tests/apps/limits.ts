/** Apps that allow a user only so much: so many sessions, one logout for all of them, so many logins. */
import type { Answer, Asked, InstanceName } from './serve.ts';
import { type Session, SmallApp } from './small-app.ts';

/** A user has so many sessions at the same time. */
export class FewSessions extends SmallApp {
  readonly most: number;
  /** What becomes of one more. */
  readonly full: 'oldest-ends' | 'refused';

  constructor(most: number, full: FewSessions['full'] = 'oldest-ends') {
    super();
    this.most = most;
    this.full = full;
  }

  protected override enter(user: string, asked: Asked): Answer {
    const own = this.sessions.filter(session => session.user === user);
    if (own.length >= this.most) {
      if (this.full === 'refused') return this.loginForm(asked, '<p>Log out elsewhere first</p>');
      this.sessions = this.sessions.filter(session => session !== own[0]);
    }
    return super.enter(user, asked);
  }
}

/** One logout ends all sessions of its user. */
export class OneLogout extends SmallApp {
  /** The instance whose own sessions it misses. */
  misses: InstanceName | undefined;

  protected override end({ user }: Session): void {
    this.sessions = this.sessions.filter(one => one.user !== user || one.born === this.misses);
  }
}

/** Whoever changes the password is signed out everywhere else. */
export class PasswordChange extends SmallApp {
  /** The instance whose own sessions it misses. */
  misses: InstanceName | undefined;

  protected override inside(asked: Asked, session: Session): Answer | undefined {
    if (`${asked.method} ${asked.path}` !== 'POST /password') return super.inside(asked, session);
    this.sessions = this.sessions.filter(({ user, born }) => user !== session.user || born === this.misses);
    return { to: this.loginPage };
  }
}

/** A user may log in again only after a while. */
export class RareLogins extends SmallApp {
  readonly every: number;
  readonly #last = new Map<string, number>();
  refused = 0;

  /** @param every milliseconds */
  constructor(every: number) {
    super();
    this.every = every;
  }

  protected override enter(user: string, asked: Asked): Answer {
    const now = performance.now();
    if (now - (this.#last.get(user) ?? Number.NEGATIVE_INFINITY) < this.every) {
      this.refused++;
      return this.loginForm(asked, '<p>Wait a moment</p>');
    }
    this.#last.set(user, now);
    return super.enter(user, asked);
  }
}
