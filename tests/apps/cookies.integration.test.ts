/** Tests apps with additional cookies, caches or gateways, and targets that do not claim all guarantees. */
import { expect, it } from 'vitest';
import type { AppRequest, AppResponse } from './serve.ts';
import { newId, type Session, SmallApp } from './small-app.ts';
import { type Judged, judged, those, USUAL, withApp } from './verified.ts';

const run = (app: SmallApp, file: object, workloads: string[]): Promise<Judged> =>
  withApp(app, ({ url }) => judged({ ...USUAL, url, public: ['/robots.txt'], ...file }, { workloads }));

/** The cache stores no pages. The gateway fails the fifth request with a forged cookie. */
class BehindACache extends SmallApp {
  #forged = 0;

  override answer(asked: AppRequest): AppResponse {
    const known = this.sessions.some(({ id }) => id === asked.cookies['sid']);
    const changed = asked.cookies['sid'] !== undefined && !known;
    if (changed && ++this.#forged === 5) return { status: 502, body: 'Bad Gateway' };
    const headers = { 'cache-control': 'private, no-store', age: '0', 'x-cache': 'MISS, HIT-FOR-PASS' };
    return { ...super.answer(asked), headers };
  }

  protected override route({ path }: AppRequest): AppResponse | undefined {
    return path === '/robots.txt' ? { body: '' } : undefined;
  }

  /** Scripts in pages can read the second cookie, whose value is the same for every user. */
  protected override enter(user: string, asked: AppRequest): AppResponse {
    const { cookies = [], ...entered } = super.enter(user, asked);
    return { ...entered, cookies: ['logged_in=1; Path=/', ...cookies] };
  }

  override knows(_session: Session, { cookies }: AppRequest): boolean {
    return cookies['logged_in'] === '1';
  }
}

const ABOUT_COOKIES = ['isolation', 'forgery', 'cookie-policy', 'private-responses'];

it('a second cookie, a cache that stores no page, and a failing gateway are no violations', async () => {
  const healthy = await run(new BehindACache(), { claims: ABOUT_COOKIES }, ['hop', 'interleave', 'audit']);
  expect(those(healthy, 'valid')).toEqual(ABOUT_COOKIES);
});

/** A broken app: each instance deletes the session cookies of other instances, but not the form token's cookie. */
class Forgetful extends SmallApp {
  override knows({ born }: Session, { instance }: AppRequest): boolean {
    return born === instance;
  }

  protected override loginForm(asked: AppRequest, complaint?: string): AppResponse {
    return { ...super.loginForm(asked, complaint), cookies: [`token=${newId()}; Path=/`] };
  }

  protected override refuse(asked: AppRequest): AppResponse {
    return { ...super.refuse(asked), cookies: ['sid=; Path=/; Max-Age=0'] };
  }
}

it('a form token is not judged as a session cookie after a hop deleted the session cookie', async () => {
  const lost = await run(new Forgetful(), { claims: ['continuity', 'cookie-policy'] }, ['hop', 'audit']);
  expect(those(lost, 'violated')).toEqual(['continuity']);
});

/** A broken app: the logout deletes only the cookie. The session stays valid. */
class Undying extends SmallApp {
  protected override end(): void {}
}

it('a session that outlives its logout is reported, though stateless-token does not claim that it ends', async () => {
  const undying = await run(new Undying(), { claims: ['stateless-token'] }, []);
  expect(Object.keys(undying.claimed)).not.toContain('logout-final');
  expect(undying.remarks).toContainEqual(
    expect.stringContaining('logout-final is not claimed, but was violated'),
  );
});
