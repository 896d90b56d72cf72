/** Cookies beside the session cookie, caches and gateways on the way, and claims that leave something out. */
import { expect, it } from 'vitest';
import type { Answer, Asked } from './serve.ts';
import { newId, type Session, SmallApp } from './small-app.ts';
import { type Judged, judged, those, USUAL, withApp } from './verified.ts';

const run = (app: SmallApp, file: object, workloads: string[]): Promise<Judged> =>
  withApp(app, ({ url }) => judged({ ...USUAL, url, public: ['/robots.txt'], ...file }, { workloads }));

/** Its pages are passed on by a cache, and the gateway of one forged request is out of order. */
class BehindACache extends SmallApp {
  #forged = 0;

  override answer(asked: Asked): Answer {
    const known = this.sessions.some(({ id }) => id === asked.cookies['sid']);
    const changed = asked.cookies['sid'] !== undefined && !known;
    if (changed && ++this.#forged === 5) return { status: 502, body: 'Bad Gateway' };
    const headers = { 'cache-control': 'private, no-store', age: '0', 'x-cache': 'MISS, HIT-FOR-PASS' };
    return { ...super.answer(asked), headers };
  }

  protected override route({ path }: Asked): Answer | undefined {
    return path === '/robots.txt' ? { body: '' } : undefined;
  }

  /** Signs in by two cookies, of which one is the same for every user and open to scripts. */
  protected override enter(user: string, asked: Asked): Answer {
    const { cookies = [], ...entered } = super.enter(user, asked);
    return { ...entered, cookies: ['logged_in=1; Path=/', ...cookies] };
  }

  override knows(_session: Session, { cookies }: Asked): boolean {
    return cookies['logged_in'] === '1';
  }
}

const ABOUT_COOKIES = ['isolation', 'forgery', 'cookie-policy', 'private-responses'];

it('a companion of the session cookie, a cache that passes on, and a gateway that fails accuse no app', async () => {
  const healthy = await run(new BehindACache(), { claims: ABOUT_COOKIES }, ['hop', 'interleave', 'audit']);
  expect(those(healthy, 'valid')).toEqual(ABOUT_COOKIES);
});

/** Each instance has its own sessions, and takes the cookie of another away; a form token stays in the jar. */
class Forgetful extends SmallApp {
  override knows({ born }: Session, { instance }: Asked): boolean {
    return born === instance;
  }

  protected override loginForm(asked: Asked, complaint?: string): Answer {
    return { ...super.loginForm(asked, complaint), cookies: [`token=${newId()}; Path=/`] };
  }

  protected override refuse(asked: Asked): Answer {
    return { ...super.refuse(asked), cookies: ['sid=; Path=/; Max-Age=0'] };
  }
}

it('a form token is not judged as a session cookie where a hop took the session cookie away', async () => {
  const lost = await run(new Forgetful(), { claims: ['continuity', 'cookie-policy'] }, ['hop', 'audit']);
  expect(those(lost, 'violated')).toEqual(['continuity']);
});

/** A logout takes the cookie away, and the session lives on. */
class Undying extends SmallApp {
  protected override end(): void {}
}

it('a session that outlives its logout is named, though stateless-token does not claim that it ends', async () => {
  const undying = await run(new Undying(), { claims: ['stateless-token'] }, []);
  expect(Object.keys(undying.claimed)).not.toContain('logout-final');
  expect(undying.remarks).toContainEqual(
    expect.stringContaining('logout-final is not claimed, and was seen broken'),
  );
});
