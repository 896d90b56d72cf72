/** Checks that `baton init` stops at rate limits, tries only given passwords, and asks before it uses another host. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until } from '../../stack/wait.ts';
import { Baton, baton } from '../../verify/testing/baton.ts';
import { found } from './found.ts';
import { PASSWORD, type Session, SmallApp } from './small-app.ts';
import { Limits, Locks, ShortLimit, SilentLimit } from './traits.ts';
import { judged, USUAL, withApp } from './verified.ts';

const account = (user: string, password = PASSWORD) => ({ user, password, passwordEnv: 'PASSWORD' });

it('init stops at the first response 429, and reports how long to wait', async () => {
  await withApp(new Limits(2), async served => {
    const stopped = found(served);
    await expect(stopped).rejects.toThrow(
      /POST \/login: the app limits logins or requests \(status 429, Retry-After: 60\), so init sends nothing more/,
    );
    await expect(stopped).rejects.toMatchObject({
      text: expect.stringMatching(/^# UNFINISHED: [\s\S]*path: \/login/),
    });
    expect(served.asked.at(-1)).toMatchObject({ method: 'POST', path: '/login' });
  });
});

it('init waits for a limit that ends soon', async () => {
  await withApp(new ShortLimit(), async served => {
    expect((await found(served)).file).toMatchObject({
      login: { path: '/login' },
      logout: { path: '/logout' },
    });
  });
});

it.each([
  ['shows its form again with a message', false],
  ['redirects to its form with a message', true],
])('verify names the limit of a login that %s', async (_, redirects) => {
  await withApp(new SilentLimit(2, redirects), async ({ url }) => {
    await expect(judged({ ...USUAL, url })).rejects.toThrow(
      /the app limits logins .* accepted 2 of 5 logins before the load/,
    );
  });
});

/** The pages do not contain the user's name. */
class Nameless extends Limits {
  protected override page(session: Session | undefined, title: string, inside: string): string {
    return super.page(session && { ...session, user: 'you' }, title, inside);
  }
}

it('init reports why no session is usable, although its next logins exceed the limit of the app', async () => {
  // 3 logins suffice for the first attempt of `init`, and 100 for all its attempts.
  for (const most of [3, 100])
    await withApp(new Nameless(most), async served => {
      await expect(found(served)).rejects.toThrow(
        /none of \d+ pages .* names its user in a way that differs/,
      );
      const logins = served.asked.filter(({ method, path }) => method === 'POST' && path === '/login');
      expect(logins.length).toBeGreaterThan(3);
    });
});

it('init stops if the page after a refused login says that the account is locked', async () => {
  await withApp(new Locks(2), async served => {
    const wrong = [account('alice', 'not this'), account('bob')];
    await expect(found(served, { accounts: wrong })).rejects.toThrow(/"Too many login attempts"/);
    expect(served.asked.filter(({ method }) => method === 'POST')).toHaveLength(2);
  });
});

it('init tries only the given passwords, and a wrong one four times', async () => {
  const app = new Locks(Number.POSITIVE_INFINITY);
  await withApp(app, async served => {
    const wrong = [account('alice', 'not this'), account('bob')];
    await expect(found(served, { accounts: wrong })).rejects.toThrow(/alice was refused 4 of 4 times/);
    expect(app.passwords).toEqual(Array(4).fill('not this'));
  });
  const right = new Locks(1);
  await withApp(right, async served => {
    await found(served);
    expect(new Set(right.passwords)).toEqual(new Set([PASSWORD]));
  });
});

const NOWHERE = join(tmpdir(), `baton-manners-${process.pid}.yaml`);
const ACCOUNTS = ['--user', 'alice', '--password-env', 'SHOP_PASSWORD', '--file', NOWHERE];

it('init sends nothing to another machine without permission', async () => {
  await withApp(new SmallApp(), async served => {
    // 0.0.0.0 reaches this machine, but does not count as an address of this machine.
    const url = served.url.replace('127.0.0.1', '0.0.0.0');
    const { code, stderr } = await baton(['init', url, ...ACCOUNTS], { SHOP_PASSWORD: PASSWORD });
    expect(stderr).toContain(
      '0.0.0.0 is not this machine: Baton will log in there, and send some hundred requests. If you have permission to test this app, add --yes',
    );
    expect([code, served.asked.length]).toEqual([64, 0]);
    const env = { SHOP_PASSWORD: 'wrong' };
    const allowed = await baton(['init', url, ...ACCOUNTS, '--yes'], env);
    expect([allowed.code, served.asked.length > 0]).toEqual([2, true]);
    expect(allowed.stderr).toContain('refused 4 of 4 times');
    expect(readFileSync(NOWHERE, 'utf8')).toContain('UNFINISHED');
    rmSync(NOWHERE);
  });
});

it('init ends at Ctrl-C, and writes nothing', async () => {
  await withApp(new SmallApp(), async served => {
    const other = ['--user', 'bob', '--password-env', 'SHOP_PASSWORD'];
    const init = new Baton(['init', served.url, ...ACCOUNTS, ...other], { SHOP_PASSWORD: PASSWORD });
    await until(() => served.asked.length > 2, { withinMs: 60_000, what: 'the first requests' });
    init.kill('SIGINT');
    const { code, stderr } = await init.finished;
    expect([code, stderr]).toEqual([130, expect.stringMatching(/init: interrupted\n$/)]);
    expect(existsSync(NOWHERE)).toBe(false);
  });
});
