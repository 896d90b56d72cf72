/** Tests maintenance pages, instances without names, public pages, and balancers, on healthy and broken servers. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Starvation } from '../../verify/client/starvation.ts';
import { logsIn } from '../../verify/commands/arguments.ts';
import { holds, judged } from './judged.ts';
import { forgetful, page, SmallWeb, type WebRequest, type WebResponse } from './small-web.ts';

afterEach(() => void vi.restoreAllMocks());

describe('an app that is sometimes unavailable', () => {
  /** An app that responds to every 20th request with a maintenance page. */
  class Closed extends SmallWeb {
    #asked = 0;
    closed: WebResponse = page('We will be back soon');

    override answer(ask: WebRequest): WebResponse | Promise<WebResponse> {
      return ++this.#asked % 20 === 0 ? this.closed : super.answer(ask);
    }
  }

  it('by a maintenance page of status 503 has lost no session', async () => {
    const web = new Closed();
    web.closed = { ...page('maintenance', 503), headers: { 'retry-after': '1' } };
    // Simulates a machine that is not overloaded. On an overloaded machine, Baton would excuse a 503.
    vi.spyOn(Starvation.prototype, 'during').mockReturnValue(false);
    const run = await judged(web);
    expect(run.violated).toEqual(['availability']);
    expect(run.of('continuity').judgement).toBe('valid');
  });

  it('by a maintenance page of status 200 has lost no session, if the target file quotes the page', async () => {
    await holds(new Closed(), { busy: 'be back soon' });
    expect((await judged(new Closed())).violated).toContain('continuity');
  });

  it('by status 429 gets the request again after its Retry-After; each attempt is counted', async () => {
    const web = new Closed();
    web.closed = { status: 429, headers: { 'retry-after': '0' }, body: 'slow down' };
    const { result } = await holds(web);
    expect(result.tally.failures['429']).toBeGreaterThan(5);
  });
});

describe('an app whose responses do not name the instance', () => {
  class Silent extends SmallWeb {
    override async answer(ask: WebRequest): Promise<WebResponse> {
      const answer = await super.answer(ask);
      const [first, second] = ask.instance === 'one' ? ['x-a', 'x-b'] : ['x-b', 'x-a'];
      return { ...answer, headers: { [first as string]: '1', [second as string]: '1', ...answer.headers } };
    }
  }

  it('is reported with a guess how many instances responded, which is no evidence', async () => {
    const { of, result } = await judged(new Silent(), { instance: undefined });
    expect(of('continuity').judgement).toBe('unknown');
    expect(result.remarks.join()).toContain(
      'by header order, 2 instances seem to respond. That is only a guess',
    );
  });

  it('is recognised by the log of its balancer during the run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-log-'));
    const file = join(folder, 'access.log');
    class Logging extends Silent {
      override async answer(ask: WebRequest): Promise<WebResponse> {
        const answer = await super.answer(ask);
        const { 'x-request-id': id } = ask.response.req.headers;
        const address = ask.instance === 'one' ? '10.0.0.1:80' : '10.0.0.2:80';
        const line = `127.0.0.1 - - [-] "${ask.method} ${ask.path} HTTP/1.1" ${answer.status ?? 200} 9 "${id}" "${address}"`;
        appendFileSync(file, `${line}\n`);
        return answer;
      }
    }
    writeFileSync(file, '');
    const { of, result } = await judged(new Logging(), { instance: undefined }, { logs: logsIn(file) });
    rmSync(folder, { recursive: true });
    expect(of('continuity').judgement).toBe('valid');
    expect(result.tally.instances.map(({ instance }) => instance)).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
    expect(result.tally.namedBy?.['log']).toBeGreaterThan(200);
    expect(result.remarks.join()).not.toContain('guess');
  });
});

describe('around the app', () => {
  it('public pages are shown to every client, and give no evidence about a session', async () => {
    class Web extends SmallWeb {
      override answer(ask: WebRequest): WebResponse | Promise<WebResponse> {
        if (ask.path !== '/') return super.answer(ask);
        return page(ask.session === undefined ? 'Welcome' : this.header(ask.session));
      }

      override login(ask: WebRequest): WebResponse {
        const answer = super.login(ask);
        return answer.status === 303 ? { ...answer, headers: { ...answer.headers, location: '/' } } : answer;
      }
    }
    const open = { signedIn: { page: '/', user: 'data-user="([^"]*)"' }, pages: ['/healthz'], public: ['/'] };
    await holds(new Web(), open);
    const broken = await judged(new (forgetful(Web))(), open);
    expect(broken.violated).toContain('continuity');
  });

  it('an IPv6 address works as any other', async () => {
    await holds(new SmallWeb(), {}, { host: '::1' });
  });

  it('a balancer that pins all connections of a client to one instance leaves nothing to judge', async () => {
    class Pinned extends SmallWeb {
      readonly connections = new Set<object>();

      override instance({ socket }: IncomingMessage): string {
        this.connections.add(socket);
        return 'one';
      }
    }
    const web = new Pinned();
    const { of, result } = await judged(web);
    expect(web.connections.size).toBeGreaterThan(1);
    expect([result.tally.handoffs, of('continuity').judgement]).toEqual([0, 'unknown']);
  });

  it('a balancer that pins each user to one instance gets changed cookies on every instance', async () => {
    class ByUser extends SmallWeb {
      override instance({ headers }: IncomingMessage): string {
        return headers.cookie?.includes('route=bob') ? 'two' : 'one';
      }

      override begin(user: string): string[] {
        return [...super.begin(user), `route=${user}; Path=/; HttpOnly; SameSite=Lax`];
      }
    }
    const claims = ['forgery', { routing: 'sticky' }];
    const { of } = await judged(new ByUser(), { claims }, { workloads: ['audit'] });
    expect(of('forgery')).toMatchObject({ judgement: 'valid', rests: { instances: 2 } });
  });
});

it('an app that refuses unknown queries: few requests of interleave have one', async () => {
  class Strict extends SmallWeb {
    refused = 0;

    override answer(ask: WebRequest): WebResponse | Promise<WebResponse> {
      if (ask.query.size === 0 || ask.session === undefined) return super.answer(ask);
      this.refused++;
      return page('unknown parameter', 404);
    }
  }
  const web = new Strict();
  const { of } = await judged(web, {}, { workloads: ['interleave'] });
  expect(of('isolation').judgement).toBe('valid');
  // Each of six users sends one refused request for each of two pages.
  expect(web.refused).toBe(3 * 2 * 2);
});
