import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { Event } from './core/history/history.ts';
import { Picture, type SessionPicture } from './core/testing/picture.ts';
import { judgeFile } from './judge-file.ts';
import { ServedLater } from './served-later.ts';

const folder = mkdtempSync(join(tmpdir(), 'baton-served-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BASE = Date.parse('2026-11-25T10:00:00Z');
const PATHS = ['/login', '/account', '/items', '/account'];

/**
 * Returns the history of a session that alternates between two instances.
 *
 * @param named returns how a response names an instance
 */
function history(named: (instance: string) => string | undefined): Event[] {
  const picture = new Picture({ url: 'http://shop.test/app' });
  picture.add({ type: 'clock', clock: 'c0', base: new Date(BASE).toISOString(), uncertainty: 0 });
  let session: SessionPicture = picture.session('s1', 'alice').login('app-1', { path: '/login' });
  for (let i = 0; i < 30; i++) {
    // Requests are 5 s apart, so that a clock difference of a second does not confuse them.
    picture.now += 5_000_000;
    session = session.read(i % 2 ? 'app-1' : 'app-2', [], { path: PATHS[i % 4] as string });
  }
  picture.finish();
  return [picture.run, ...picture.events].map(event => {
    if (!('instance' in event) || event.instance === undefined) return event;
    const { instance, ...rest } = event;
    const name = named(instance);
    return (name === undefined ? rest : { ...rest, instance: name, source: 'header' }) as Event;
  });
}

interface Line {
  request: string;
  instance: string;
  path: string;
  status: number;
  end: number;
}

function logged(): Line[] {
  const starts = new Map<number, { request: string; path?: string }>();
  return history(instance => instance).flatMap(event => {
    if (event.type === 'start') starts.set(event.id, event);
    if (event.type !== 'op' && event.type !== 'end') return [];
    const { request, path = '' } = event.type === 'op' ? event : (starts.get(event.id) ?? { request: '' });
    const address = event.instance === 'app-1' ? '10.0.0.1:80' : '10.0.0.2:80';
    const end = BASE + (event.return ?? 0) / 1000;
    return [{ request, instance: address, path: `/app${path}`, status: event.status ?? 0, end }];
  });
}

const alb = ({ instance, path, status, end, request }: Line, trace: (request: string) => string): string =>
  `h2 ${new Date(end).toISOString()} app/shop/50dc 127.0.0.1:2817 ${instance} 0.000 0.001 0.000 ${status} ${status} 34 366 ` +
  `"GET https://shop.test:443${path}?x=1 HTTP/2.0" "undici" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 ` +
  `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/73e2 "${trace(request)}" "shop.test" ` +
  `"arn:aws:acm:eu-west-1:123456789012:certificate/1" 0 ${new Date(end - 1).toISOString()} "forward" "-" "-" "${instance}" "${status}" "-" "-" TID_1`;

const file = (name: string, data: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, data);
  return path;
};

async function judged(events: Event[], ...logs: string[]) {
  const path = file('history.ndjson', `${events.map(event => JSON.stringify(event)).join('\n')}\n`);
  const result = await judgeFile(path, undefined, await ServedLater.read(logs));
  return (guarantee: string) => {
    const verdict = result.guarantees.find(one => one.guarantee === guarantee);
    return [verdict?.judgement, verdict?.rests['handoffs'] ?? verdict?.rests['requests']];
  };
}

const named = (line: Line): Line => ({
  ...line,
  request: line.request.replace('test', '20261125-100000-abc123'),
});
const renamed = (events: Event[]): Event[] =>
  JSON.parse(
    JSON.stringify(events)
      .replaceAll('"test-', '"20261125-100000-abc123-')
      .replaceAll('"run":"test"', '"run":"20261125-100000-abc123"'),
  );

describe('logs of ALB, after the run', () => {
  it('name the instance by the trace id that Baton sent, also compressed', async () => {
    const lines = logged()
      .map(named)
      .map(line => alb(line, request => `Self=1-6-1;Root=1-6-2;Baton=${request}`));
    const of = await judged(
      renamed(history(() => undefined)),
      file('alb.log.gz', gzipSync(lines.join('\n'))),
    );
    expect(of('continuity')).toEqual(['valid', 30]);
  });

  it('name the instance by time, path and status if only one is possible', async () => {
    const lines = logged().map(line => alb(line, () => 'Root=1-6-2'));
    expect(
      (
        await judged(
          history(() => undefined),
          file('a.log', lines.join('\n')),
        )
      )('continuity'),
    ).toEqual(['valid', 30]);
    // A second client opened the page at the same time on another instance, so the log does not show the instance.
    const twice = logged().flatMap(line => [line, { ...line, instance: '10.0.0.9:80' }]);
    const doubtful = twice.map(line => alb(line, () => 'Root=1-6-2'));
    expect(
      (
        await judged(
          history(() => undefined),
          file('b.log', doubtful.join('\n')),
        )
      )('continuity'),
    ).toEqual(['unknown', 0]);
    // A second client opened the page at the same time on the same instance, so the log shows the instance.
    const same = logged()
      .flatMap(line => [line, line])
      .map(line => alb(line, () => 'Root=1-6-2'));
    expect(
      (
        await judged(
          history(() => undefined),
          file('c.log', same.join('\n')),
        )
      )('continuity'),
    ).toEqual(['valid', 30]);
  });

  it('that name no target give no evidence', async () => {
    const lines = logged().map(line => alb({ ...line, instance: '-', status: 503 }, () => 'Root=1-6-2'));
    await expect(
      judged(
        history(() => undefined),
        file('d.log', lines.join('\n')),
      ),
    ).rejects.toThrow('found none');
  });
});

describe('combined logs of nginx without an id', () => {
  it('name the instance by time and path', async () => {
    const time = (end: number): string =>
      new Date(end).toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/, '$1/$2/$3:$4 +0000');
    const lines = logged().map(
      ({ instance, path, status, end }) =>
        `127.0.0.1 - - [${time(end)}] "GET ${path}?a=1 HTTP/1.1" ${status} 612 "-" "undici" ${instance}`,
    );
    expect(
      (
        await judged(
          history(() => undefined),
          file('n.log', lines.join('\n')),
        )
      )('continuity'),
    ).toEqual(['valid', 30]);
  });
});

describe('a log together with what responses name', () => {
  const log = () =>
    file(
      'access.log',
      logged()
        .map(named)
        .map(
          ({ instance, path, status, request }) =>
            `127.0.0.1 - - [-] "GET ${path} HTTP/1.1" ${status} 6 ${request} ${instance}`,
        )
        .join('\n'),
    );

  it('agrees with them under different names: app-1 is 10.0.0.1:80', async () => {
    expect((await judged(renamed(history(name => name)), log()))('evidence')).toEqual(['valid', 31]);
  });

  it('finds a wrong header: always the same name, or sometimes another one', async () => {
    expect((await judged(renamed(history(() => 'app-1')), log()))('evidence')[0]).toBe('violated');
    let n = 0;
    const now = (name: string) => (++n === 9 ? 'app-3' : name);
    expect((await judged(renamed(history(now)), log()))('evidence')[0]).toBe('violated');
  });
});

describe('logs of the instances themselves', () => {
  const own = (name: string, address: string): string => {
    const lines = logged()
      .map(named)
      .filter(({ instance }) => instance === address);
    return `${name}=${file(`${name}.log`, lines.map(({ request }) => `{"request":"${request}","statusCode":200}`).join('\n'))}`;
  };

  it('name the instance, and are compared with the balancer', async () => {
    const events = renamed(history(() => undefined));
    const of = await judged(events, own('one', '10.0.0.1:80'), own('two', '10.0.0.2:80'));
    expect(of('continuity')).toEqual(['valid', 30]);
    const crossed = await judged(
      renamed(history(name => name)),
      own('app-1', '10.0.0.2:80'),
      own('app-2', '10.0.0.1:80'),
    );
    expect(crossed('evidence')[0]).toBe('violated');
  });
});

it('a log that is missing, or has no request of Baton, is an error that says what to do', async () => {
  await expect(ServedLater.read([join(folder, 'none.log')])).rejects.toThrow('cannot be read (ENOENT)');
  await expect(ServedLater.read([`one=${file('e.log', 'hello')}`])).rejects.toThrow(
    'Let one log this header',
  );
  await expect(ServedLater.read([file('f.log', '')])).rejects.toThrow('found none');
});
