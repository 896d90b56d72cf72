/**
 * Apps that limit a user's sessions or logins, or end all sessions of a user at a logout or a change of the password.
 */
import type { AppRequest, AppResponse, InstanceName } from './serve.ts';
import { type Session, SmallApp } from './small-app.ts';

export class FewSessions extends SmallApp {
  readonly most: number;
  /** Reaction to a login above the limit: the oldest session ends, or the login is refused. */
  readonly full: 'oldest-ends' | 'refused';

  constructor(most: number, full: FewSessions['full'] = 'oldest-ends') {
    super();
    this.most = most;
    this.full = full;
  }

  protected override enter(user: string, asked: AppRequest): AppResponse {
    const own = this.sessions.filter(session => session.user === user);
    if (own.length >= this.most) {
      if (this.full === 'refused') return this.loginForm(asked, '<p>Log out elsewhere first</p>');
      this.sessions = this.sessions.filter(session => session !== own[0]);
    }
    return super.enter(user, asked);
  }
}

/** An app in which the logout of one session ends all sessions of the user. */
export class OneLogout extends SmallApp {
  /** The instance whose sessions do not end. If undefined, the app is healthy. */
  misses: InstanceName | undefined;

  protected override end({ user }: Session): void {
    this.sessions = this.sessions.filter(one => one.user !== user || one.born === this.misses);
  }
}

/** An app in which a change of the password ends all other sessions of the user. */
export class PasswordChange extends SmallApp {
  /** The instance whose sessions do not end. If undefined, the app is healthy. */
  misses: InstanceName | undefined;

  protected override inside(asked: AppRequest, session: Session): AppResponse | undefined {
    if (`${asked.method} ${asked.path}` !== 'POST /password') return super.inside(asked, session);
    this.sessions = this.sessions.filter(({ user, born }) => user !== session.user || born === this.misses);
    return { to: this.loginPage };
  }
}

export class RareLogins extends SmallApp {
  readonly every: number;
  readonly #last = new Map<string, number>();
  refused = 0;

  /** @param every minimum time between two logins of a user, milliseconds */
  constructor(every: number) {
    super();
    this.every = every;
  }

  protected override enter(user: string, asked: AppRequest): AppResponse {
    const now = performance.now();
    if (now - (this.#last.get(user) ?? Number.NEGATIVE_INFINITY) < this.every) {
      this.refused++;
      return this.loginForm(asked, '<p>Wait a moment</p>');
    }
    this.#last.set(user, now);
    return super.enter(user, asked);
  }
}
