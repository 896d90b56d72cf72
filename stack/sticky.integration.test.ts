/** Tests that nginx pins visitors as the imitated load balancer does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Nginx } from './nginx.ts';
import { freePort } from './ports.ts';
import { type StickyMode, stickyBy } from './sticky.ts';
import { type Peer, startPeer } from './testing/peer.ts';

let dir: string;
let nginx: Nginx;
const peers: Peer[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'baton-test-'));
});

afterEach(async () => {
  await nginx.dispose();
  await Promise.all(peers.splice(0).map(peer => peer.close().catch(() => {})));
  rmSync(dir, { recursive: true, force: true });
});

const APP_COOKIE =
  'sid=s1; Path=/; HttpOnly; Max-Age=100; Expires=Wed, 25 Nov 2026 01:00:00 GMT; SameSite=Lax';

async function behind(mode?: StickyMode, like?: 'classic' | 'alb', seconds?: number): Promise<Peer[]> {
  const peer = (name: string) =>
    startPeer(name, 0, ({ url }, response) => {
      if (url === '/login') response.setHeader('Set-Cookie', APP_COOKIE);
      if (url === '/logout') response.setHeader('Set-Cookie', 'sid=; Max-Age=0');
      response.end(name);
    });
  peers.push(...(await Promise.all(['a', 'b', 'c'].map(peer))));
  const additions = mode === undefined ? {} : stickyBy(mode, like, seconds).additions;
  nginx = new Nginx({ port: await freePort(), statusPort: await freePort(), dir, additions });
  await nginx.registerAll(peers);
  await nginx.start();
  return peers;
}

/** A client with a cookie jar that keeps expired cookies. */
class Visitor {
  readonly jar = new Map<string, string>();
  set: string[] = [];

  async get(path = '/'): Promise<string> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(nginx.url + path, {
      headers: { ...(cookie !== '' && { cookie }), connection: 'close' },
    });
    this.set = response.headers.getSetCookie();
    for (const line of this.set) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      // A browser does not store Secure cookies that came over http.
      if (/; Max-Age=0/.test(line) || /; Secure/.test(line)) this.jar.delete(name);
      else this.jar.set(name, value);
    }
    return response.status === 200 ? response.text() : String(response.status);
  }

  async times(count: number, path = '/'): Promise<string[]> {
    const seen: string[] = [];
    for (let i = 0; i < count; i++) seen.push(await this.get(path));
    return seen;
  }
}

const other = (name: string): Peer[] => peers.filter(peer => peer.name !== name);
const peerOf = (name: string): Peer => peers.find(peer => peer.name === name) as Peer;
/** Replaces random cookie values by a fixed word. */
const masked = (set: string[]): string[] => set.map(line => line.replace(/=[0-9a-f]{64}/, '=WORD'));

test('none: three visits, three instances', async () => {
  await behind();
  expect(new Set(await new Visitor().times(3))).toEqual(new Set(['a', 'b', 'c']));
});

describe('duration', () => {
  test('classic: one cookie, set once, that pins to its instance until it expires', async () => {
    await behind('duration', 'classic', 60);
    const visitor = new Visitor();
    const mine = await visitor.get();
    expect(masked(visitor.set)).toEqual(['AWSELB=WORD; Path=/; Max-Age=60']);
    expect(await visitor.times(6)).toEqual(Array(6).fill(mine));
    expect(visitor.set).toEqual([]);
    visitor.jar.clear();
    expect(new Set(await Promise.all(Array.from({ length: 9 }, () => new Visitor().get()))).size).toBe(3);
    await visitor.get();
    expect(masked(visitor.set)).toEqual(['AWSELB=WORD; Path=/; Max-Age=60']);
  });

  test('alb: two cookies, set again in every response', async () => {
    await behind('duration', 'alb', 60);
    const visitor = new Visitor();
    const mine = await visitor.get();
    for (let i = 0; i < 4; i++) {
      expect(masked(visitor.set)).toEqual([
        'AWSALB=WORD; Path=/; Max-Age=60',
        'AWSALBCORS=WORD; Path=/; Max-Age=60; SameSite=None; Secure',
      ]);
      expect(await visitor.get()).toBe(mine);
    }
  });

  test.each(['classic', 'alb'] as const)('%s: an invalid cookie counts as no cookie', async like => {
    await behind('duration', like);
    const visitor = new Visitor();
    await visitor.get();
    const [name = ''] = visitor.jar.keys();
    visitor.jar.set(name, 'a'.repeat(64));
    const mine = await visitor.get();
    expect(await visitor.times(3)).toEqual([mine, mine, mine]);
  });

  test.each(['classic', 'alb'] as const)(
    '%s: visitors of a deregistered instance move to another, and stay there when it is registered again',
    async like => {
      await behind('duration', like);
      const visitor = new Visitor();
      const first = await visitor.get();
      await nginx.deregister(peerOf(first));
      const second = await visitor.get();
      expect(second).not.toBe(first);
      expect(visitor.set).not.toEqual([]);
      await nginx.register(peerOf(first));
      expect(await visitor.times(6)).toEqual(Array(6).fill(second));
    },
  );

  test('the visitor of an instance that is down moves to another, and stays there', async () => {
    await behind('duration', 'classic');
    const visitor = new Visitor();
    const first = await visitor.get();
    await peerOf(first).close();
    const second = await visitor.get();
    expect(other(first).map(({ name }) => name)).toContain(second);
    expect(await visitor.times(3)).toEqual([second, second, second]);
  });
});

describe('application', () => {
  test('classic: sticky from the app’s cookie on, with its lifetime and flags, and set only with it', async () => {
    await behind('application', 'classic');
    const visitor = new Visitor();
    expect(new Set(await visitor.times(3)).size).toBe(3);
    expect(visitor.set).toEqual([]);
    const mine = await visitor.get('/login');
    const attributes = APP_COOKIE.slice('sid=s1'.length);
    expect(masked(visitor.set).toSorted()).toEqual([`AWSELB=WORD${attributes}`, APP_COOKIE].toSorted());
    expect(await visitor.times(6)).toEqual(Array(6).fill(mine));
    expect(visitor.set).toEqual([]);
    expect(await visitor.get('/logout')).toBe(mine);
    expect(visitor.jar.has('AWSELB')).toBe(true);
    expect(new Set(await visitor.times(3)).size).toBe(3);
  });

  test('alb: both cookies are required; its own lasts seven days and is set again in every response', async () => {
    await behind('application', 'alb');
    const visitor = new Visitor();
    await visitor.get();
    expect(visitor.set).toEqual([]);
    const mine = await visitor.get('/login');
    const own = 'AWSALBAPP=WORD; Path=/; Max-Age=604800';
    expect(masked(visitor.set)).toContain(own);
    for (const answer of await visitor.times(4)) expect(answer).toBe(mine);
    expect(masked(visitor.set)).toEqual([own]);
    visitor.jar.delete('sid');
    expect(new Set(await visitor.times(3)).size).toBe(3);
  });

  test.each(['classic', 'alb'] as const)(
    '%s: visitors of a deregistered instance move to another, and stay there',
    async like => {
      await behind('application', like);
      const visitor = new Visitor();
      const first = await visitor.get('/login');
      await nginx.deregister(peerOf(first));
      const second = await visitor.get();
      expect(second).not.toBe(first);
      await nginx.register(peerOf(first));
      expect(await visitor.times(6)).toEqual(Array(6).fill(second));
    },
  );
});

test('hash: a cookie that does not name the instance; few visitors move when one joins', async () => {
  await behind('hash');
  const visitors = Array.from({ length: 30 }, () => new Visitor());
  const home = await Promise.all(visitors.map(visitor => visitor.get()));
  expect(new Set(home).size).toBe(3);
  expect(await Promise.all(visitors.map(visitor => visitor.get()))).toEqual(home);
  peers.push(await startPeer('d'));
  await nginx.register(peers.at(-1) as Peer);
  const now = await Promise.all(visitors.map(visitor => visitor.get()));
  const moved = now.filter((name, i) => name !== home[i]);
  expect(moved.length).toBeLessThan(20);
  expect(new Set(moved)).toEqual(new Set(moved.length === 0 ? [] : ['d']));
});
