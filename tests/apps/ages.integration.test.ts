/** Tests the workload `age`, which must find defects of old sessions, and of sessions that stay on one instance. */
import { it } from 'vitest';
import type { AppRequest, AppResponse, InstanceName } from './serve.ts';
import { type Session, SmallApp } from './small-app.ts';
import { type Judged, judged, those, USUAL, withApp } from './verified.ts';

const OLD = 1_200;

/** A broken app: acknowledges the logout of an old session, but does not end it. */
class OutlivesLogout extends SmallApp {
  readonly #born = new Map<string, number>();

  protected override enter(user: string, asked: AppRequest): AppResponse {
    const response = super.enter(user, asked);
    this.#born.set(this.sessions.at(-1)?.id ?? '', Date.now());
    return response;
  }

  protected override end(session: Session, asked: AppRequest): void {
    if (Date.now() - (this.#born.get(session.id) ?? 0) < OLD) super.end(session, asked);
  }
}

/** After this many consecutive requests, an instance keeps a local copy of the session's notes. */
const IN_A_ROW = 4;

class KeepsToItself extends SmallApp {
  readonly #rows = new Map<string, { instance: InstanceName; times: number }>();
  readonly #kept = new Map<string, string[]>();

  protected override inside(asked: AppRequest, session: Session): AppResponse | undefined {
    const row = this.#rows.get(session.id);
    const times = row?.instance === asked.instance ? row.times + 1 : 1;
    this.#rows.set(session.id, { instance: asked.instance, times });
    if (times < IN_A_ROW) return super.inside(asked, session);
    const key = `${session.id} ${asked.instance}`;
    const notes = this.#kept.get(key) ?? [...session.notes];
    this.#kept.set(key, notes);
    return super.inside(asked, { ...session, notes });
  }
}

/** A broken app: instance `two` compares only half of the session id in one of 30 changed cookies. */
class RarelyLooks extends SmallApp {
  #changed = 0;

  protected override sessionOf(asked: AppRequest): Session | undefined {
    const found = super.sessionOf(asked);
    const half = (asked.cookies['sid'] ?? '').slice(0, 16);
    if (found !== undefined || asked.instance !== 'two' || half.length < 16) return found;
    const alike = this.sessions.find(({ id }) => id.startsWith(half));
    return alike !== undefined && ++this.#changed % 30 === 0 ? alike : undefined;
  }
}

const run = (app: SmallApp, claims: readonly string[], duration: number): Promise<Judged> =>
  withApp(
    app,
    ({ url, addresses }) =>
      judged(
        { ...USUAL, url, claims, instance: { header: 'x-instance', addresses } },
        { workloads: ['hop', 'age'], duration },
      ),
    { addressed: true },
  );

/** Runs 2.5 s, 10 s and 30 s of load until a guarantee is violated, because a slow machine needs more time. */
async function broken(make: () => SmallApp, guarantee: string): Promise<Judged> {
  for (const duration of [2_500, 10_000, 30_000]) {
    const judgement = await run(make(), [guarantee], duration);
    if (those(judgement, 'violated').length > 0) return judgement;
  }
  throw new Error(`expected a violation of ${guarantee} in 30 s of load`);
}

it.concurrent('an app that keeps old sessions alive after their logout is found', async ({ expect }) => {
  const { anomalies } = await broken(() => new OutlivesLogout(), 'logout-final');
  expect(anomalies[0]?.name).toBe('ZOMBIE');
});

it.concurrent('an instance that keeps a copy of a session after some requests is found', async ({
  expect,
}) => {
  const { anomalies } = await broken(() => new KeepsToItself(), 'read-your-writes');
  expect(anomalies[0]?.name).toBe('STALE');
});

it.concurrent('an instance that accepts a changed cookie one time in 30 is found', async ({ expect }) => {
  const { anomalies } = await broken(() => new RarelyLooks(), 'forgery');
  expect(anomalies[0]?.name).toBe('FORGED');
});

it.concurrent('a healthy app is not accused', async ({ expect }) => {
  const claims = ['continuity', 'forgery', 'logout-final', 'read-your-writes', 'monotonic-reads'];
  expect(those(await run(new SmallApp(), claims, 2_500), 'violated')).toEqual([]);
});
