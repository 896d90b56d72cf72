/** Contains expectations of several integration tests of the app. */
import type { Store } from 'express-session';
import { expect } from 'vitest';
import { until } from '../../stack/wait.ts';
import { SessionGoneError } from '../stores/errors.ts';
import { Browser } from './browser.ts';
import { create, destroy, load, loadExisting, save, touch } from './sessions.ts';

export const untilReady = (browser: Browser): Promise<void> =>
  until(async () => (await browser.get('/readyz')).status === 200, { withinMs: 30_000, what: 'readiness' });

/** Expects that a session works on all instances, and that a logout ends the session on all instances. */
export async function expectOneSession(urls: readonly string[]): Promise<void> {
  const browser = new Browser(...urls);
  await browser.signIn('alice');
  await browser.post('/basket/items', { item: 'tea' });
  await browser.post('/basket/items', { item: 'milk' });
  expect((await browser.dashboard()).basket).toEqual(['tea', 'milk']);
  const cookie = `sid=${await browser.cookie('sid')}`;
  expect((await browser.post('/logout')).status).toBe(303);
  for (const url of urls) expect((await new Browser(url).get('/dashboard', { cookie })).status).toBe(303);
}

export async function expectUnavailable(browser: Browser, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    const { status, headers, text, setCookies } = await browser.get(path);
    expect([path, status, setCookies]).toEqual([path, 503, []]);
    if (path === '/readyz') continue;
    expect(headers.get('retry-after')).toBe('1');
    expect(text).toContain('<footer data-instance=');
    expect(text).not.toContain('data-user');
    // Only pages for signed-out users link to /login.
    expect(text).not.toContain('/login');
  }
}

/** Expects that a destroyed session stays destroyed, even if another instance saves or touches it. */
export async function expectNoRevival(one: Store, other: Store): Promise<void> {
  await save(create(one, 'ended'));
  const late = await loadExisting(other, 'ended');
  await destroy(one, 'ended');
  await expect(save(late)).rejects.toThrow(SessionGoneError);
  await touch(other, late);
  expect(await load(one, 'ended')).toBeUndefined();
  await destroy(one, 'ended');
}
