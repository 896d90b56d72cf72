/** Tests how a wrong answer to a conditional request is judged. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { AppRequest, AppResponse } from './serve.ts';
import { type Session, SmallApp } from './small-app.ts';
import { judged, those, USUAL, withApp } from './verified.ts';

/** An app whose pages browsers may cache and revalidate by their ETags. */
class Revalidates extends SmallApp {
  protected etagOf(body: string): string {
    return createHash('sha256').update(body).digest('hex');
  }

  protected override inside(asked: AppRequest, session: Session): AppResponse | undefined {
    const answer = super.inside(asked, session);
    if (asked.method !== 'GET' || answer?.body === undefined) return answer;
    const etag = `"${this.etagOf(answer.body)}"`;
    const headers = { 'Cache-Control': 'private, no-cache', ETag: etag };
    if (asked.headers['if-none-match'] !== etag) return { ...answer, headers };
    return { status: 304, headers };
  }
}

/** Gives all pages the same ETag, so that browsers show old pages. */
class NeverChanges extends Revalidates {
  protected override etagOf(): string {
    return 'page';
  }
}

const CLAIMS = ['continuity', 'read-your-writes'];

const run = (app: SmallApp) =>
  withApp(app, ({ url }) =>
    judged({ ...USUAL, url, claims: CLAIMS }, { workloads: ['hop'], duration: 2_000 }),
  );

it('a 304 for a page that has changed is an old page, as a browser shows it', async () => {
  expect(those(await run(new NeverChanges()), 'violated')).toContain('read-your-writes');
});

it('a 304 for a page that has not changed is that page', async () => {
  expect(those(await run(new Revalidates()), 'violated')).toEqual([]);
});
