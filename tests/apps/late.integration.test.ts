/** Tests apps in which a response of an old session arrives after a new login in the same browser. */
import { describe, it } from 'vitest';
import type { AppRequest, AppResponse } from './serve.ts';
import { type Session, SmallApp } from './small-app.ts';
import { type Judged, judged, those, USUAL, withApp } from './verified.ts';

/** A broken app: a request after the logout restores the session and its cookie. */
class ComesBack extends SmallApp {
  readonly #ended = new Map<string, Session>();

  protected override end(session: Session, asked: AppRequest): void {
    super.end(session, asked);
    this.#ended.set(session.id, session);
  }

  protected override route(asked: AppRequest): AppResponse | undefined {
    const ended = this.#ended.get(asked.cookies['sid'] ?? '');
    // Only the request that was in flight at the logout restores the session.
    if (ended === undefined || asked.path !== '/account' || !this.#ended.delete(ended.id)) return undefined;
    this.sessions.push(ended);
    return { ...super.inside(asked, ended), cookies: [`sid=${ended.id}; Path=/; HttpOnly; SameSite=Lax`] };
  }
}

/** An app that deletes a session cookie if its session does not exist, as Django does. */
class Deletes extends SmallApp {
  protected override refuse(asked: AppRequest): AppResponse {
    return { ...super.refuse(asked), cookies: ['sid=; Path=/; Max-Age=0'] };
  }
}

/** An app in which the second login of a user ends the first session. The target file must declare this limit. */
class OneDevice extends SmallApp {
  override users = ['alice', 'bob', 'carol'];

  protected override end(session: Session): void {
    this.sessions = this.sessions.filter(({ user }) => user !== session.user);
  }
}

const run = (app: SmallApp, claims: readonly unknown[]): Promise<Judged> =>
  withApp(app, ({ url }) =>
    judged({ ...USUAL, url, claims }, { workloads: ['interleave', 'logout-race'], duration: 1_500 }),
  );

describe.concurrent('responses of an old session after a new login', () => {
  it('are found if they sign in the old user again', async ({ expect }) => {
    const broken = await run(new ComesBack(), ['isolation']);
    expect(those(broken, 'violated')).toEqual(['isolation']);
  });

  it('are reported if they sign out the new user, and violate no guarantee', async ({ expect }) => {
    const app = await run(new Deletes(), ['isolation', 'continuity', 'logout-final']);
    expect(those(app, 'violated')).toEqual([]);
    expect(app.findings['logout-final']).toMatch(
      /\d+ late responses? replaced or deleted the cookie of a later login/,
    );
  });
});

it('an app whose logout also ends the session on another device of the user is found', async ({ expect }) => {
  const broken = await run(new OneDevice(), ['continuity']);
  expect(those(broken, 'violated')).toEqual(['continuity']);
});
