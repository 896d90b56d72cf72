/** Tests the HTML report in a real browser: content, size, speed and accessibility. */

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeFindings, executablePath, launchBrowser, SIZES } from '../tests/browser.ts';
import { LONG } from '../tests/long.ts';
import { continuity } from './core/checks/continuity.ts';
import { CHECKS } from './core/checks/index.ts';
import { Picture } from './core/testing/picture.ts';
import { Judge } from './core/timeline/judge.ts';
import { Live } from './live.ts';
import { REPORTS } from './reports/index.ts';
import { compared, inputOf } from './reports/testing/results.ts';
import { RunStatus } from './run-status.ts';
import { browserCode, sideOf, viewOf } from './view.ts';

const EVIL = '</script><script>document.title="broken out"</script>';

async function reportOf({ run, events }: Picture, checks = CHECKS): Promise<string> {
  const judge = (by: typeof CHECKS) => {
    const made = new Judge(run, by);
    for (const event of events) made.step(event);
    return made.finish();
  };
  const result = judge(checks);
  const view = await viewOf(result, async check => judge([check]));
  return REPORTS['html']?.report({ ...inputOf(result), ...(view && { view }) }) ?? '';
}

/** Returns a history with a lost session, another user's page, a lost write, a fault, and names with markup. */
function broken(): Picture {
  const picture = new Picture({ claims: ['continuity', 'isolation', 'no-lost-updates'], target: EVIL });
  const life = (event: 'born' | 'ended', session: string) => {
    picture.add({
      type: 'session',
      event,
      session,
      user: 'alice',
      clock: 'c0',
      at: picture.now,
      reason: 'lost',
    });
  };
  const lost = picture.session('s1', 'alice').login('app-1', {
    cookies: [{ name: 'sid', change: 'set', label: '5f0c2a9be771' }],
  });
  life('born', 's1');
  lost.write('v1', 'app-1', { path: '/basket' }).read('app-1', ['v1'], { path: '/basket' });
  picture.disturb(1, 'restart', { where: 'app-2' }).wait(4000);
  lost.signedOut('app-2', { path: '/basket' });
  life('ended', 's1');
  picture.heal(1);
  const evil = picture.session(`s2 ${EVIL}`, EVIL).login('app-1').hops(30);
  evil.read('app-2', [], { sawUser: 'bob', path: `/${EVIL}`, note: EVIL });
  picture.session('s3', 'bob').login('app-2').hops(6);
  const racing = picture.session('s4', 'carol').login('app-1');
  const call = picture.now + 10;
  racing
    .write('a', 'app-1', { call, return: call + 400 })
    .write('b', 'app-2', { call: call + 100, return: call + 700 });
  racing
    .read('app-1', ['b'], { call: call + 900 })
    .read('app-2', ['b'])
    .ended();
  return picture.finish();
}

/** Returns a history of 500 sessions and 100,000 requests at random times, so that the data compresses badly. */
function large(): Picture {
  const picture = new Picture({ claims: ['continuity'] });
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const sessions = Array.from({ length: 500 }, (_, i) =>
    picture.session(`s${i}`, `user${i}`).login('app-1', { path: '/login' }),
  );
  while (picture.ids < 100_000) {
    picture.wait(random(900) - 995);
    const call = picture.now;
    const instance = `app-${1 + random(2)}`;
    const end = call + 800 + random(30_000);
    const shown = { call, return: end, path: `/page/${random(9)}` };
    sessions[random(500)]?.read(instance, [], shown);
  }
  return picture.inTime().finish();
}

/** Trace categories with the tasks of threads. The test adds up the CPU time of these tasks. */
const TRACED = ['toplevel'];
const FRAMES = 40;
/** Pans right and back. Returns how many rectangles the page draws on the way back, without the axis. */
const PANS = `(async () => {
  let drawn = 0;
  const { fillRect } = OffscreenCanvasRenderingContext2D.prototype;
  OffscreenCanvasRenderingContext2D.prototype.fillRect = function (...area) {
    drawn++;
    return fillRect.apply(this, area);
  };
  const wheel = async deltaX => {
    document.getElementById('lanes').dispatchEvent(new WheelEvent('wheel', { deltaX }));
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
  };
  for (let i = 0; i < ${FRAMES / 4}; i++) await wheel(20);
  drawn = 0;
  for (let i = 0; i < ${FRAMES / 4}; i++) await wheel(-20);
  return drawn;
})()`;

describe.skipIf(!executablePath)('the HTML report in a browser', () => {
  let browser: Browser;
  let folder: string;
  const complaints: string[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
    folder = mkdtempSync(join(tmpdir(), 'baton-view-'));
    writeFileSync(join(folder, 'broken.html'), await reportOf(broken()));
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(
    name: string,
    {
      hash = '',
      colorScheme = 'light',
      viewport = SIZES[1][1] as { width: number; height: number },
      traced = false,
    } = {},
  ): Promise<Page> {
    const context = await browser.newContext({ colorScheme: colorScheme as 'light' | 'dark', viewport });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    page.on('console', message => complaints.push(message.text()));
    page.on('pageerror', error => complaints.push(error.message));
    page.on('request', request => {
      if (!request.url().startsWith(`file://${folder}`)) complaints.push(request.url());
    });
    if (traced) await browser.startTracing(page, { categories: TRACED });
    await page.goto(`file://${join(folder, name)}${hash}`);
    await page.locator('#shown', { hasText: 'sessions' }).waitFor();
    return page;
  }
  /** Returns the CPU time of all pages' main threads since the trace began, milliseconds. */
  const cpuTime = async (): Promise<number> => {
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
      traceEvents: { name: string; pid: number; tid: number; tdur?: number; args: { name?: string } }[];
    };
    const mains = traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`);
    const tasks = traceEvents.filter(
      ({ name, pid, tid }) => name.endsWith('::RunTask') && mains.includes(`${pid} ${tid}`),
    );
    expect(tasks.length).toBeGreaterThan(0);
    return tasks.reduce((sum, { tdur = 0 }) => sum + tdur / 1000, 0);
  };
  const textOf = async (page: Page, selector: string): Promise<string> =>
    (await page.locator(selector).textContent()) ?? '';
  const shown = (page: Page): Promise<string> => textOf(page, '#shown');
  const facts = (page: Page) => page.locator('#facts');
  const range = async (page: Page): Promise<number[]> =>
    [...(await shown(page)).matchAll(/([\d.]+) s\b/g)].map(([, seconds]) => Number(seconds));
  const contains = (page: Page, selector: string, text: string) =>
    page.locator(selector, { hasText: text }).first().waitFor();

  it('says first what broke, on which instance, since when', async () => {
    const page = await open('broken.html');
    const top = await textOf(page, 'header');
    expect(top).toContain('Broken: continuity, isolation, no-lost-updates');
    expect(top).toMatch(/LOSS continuity on app-2: 1 of \d sessions lost, first 0\.01 s after the start/);
    expect(await page.title()).toContain('</script>');
    expect(await page.locator('[id="continuity-1"] svg').count()).toBe(1);
    await page.locator('#guarantee-continuity summary').click();
    await contains(page, '#guarantee-continuity', 'How to mend it');
  });

  it('shows an anomaly by a button, a key and a link, with its facts', async () => {
    const page = await open('broken.html', { hash: '#continuity-1' });
    await contains(page, '#facts', 'expected');
    expect(await textOf(page, '#facts')).toMatch(/app-2, named by header.*expectedsigned in as alice/);
    expect(await shown(page)).toContain('(s1)');
    await page.locator('[data-show="isolation-1"]').click();
    await contains(page, '#shown', 's3');
    expect(await shown(page)).toContain('s2');
    await contains(page, '#facts', EVIL);
    await page.waitForURL(/session=s2/);
    const again = await open('broken.html', { hash: new URL(page.url()).hash });
    await contains(again, '#facts', EVIL);
    expect(await shown(again)).toBe(await shown(page));
    await page.locator('#lanes').press('n');
    await contains(page, '#shown', '(s4)');
    await page.locator('#lanes').press('p');
    await contains(page, '#shown', 's3');
    await page.locator('#lanes').press('.');
    await page.locator('#lanes').press(',');
    await contains(page, '#facts', EVIL);
    await page.locator('#lanes').press('Escape');
    await facts(page).locator('dl').waitFor({ state: 'detached' });
  });

  it('shows the whole run if its address is damaged', async () => {
    const page = await open('broken.html', { hash: '#session=%' });
    await contains(page, '#legend', 'app-1');
  });

  it('zooms, pans, brushes, chooses, follows and filters', async () => {
    const page = await open('broken.html');
    const all = await range(page);
    await page.locator('#zoom-in').click();
    await expect.poll(() => range(page)).not.toEqual(all);
    const near = await range(page);
    await page.locator('#lanes').press('ArrowRight');
    await expect.poll(() => range(page)).not.toEqual(near);
    await page.locator('#zoom-all').click();
    await expect.poll(() => range(page)).toEqual(all);
    const strip = (await page.locator('#overview').boundingBox()) ?? { x: 0, y: 0, width: 0 };
    await page.mouse.move(strip.x + strip.width * 0.5, strip.y + 20);
    await page.mouse.down();
    await page.mouse.move(strip.x + strip.width * 0.8, strip.y + 20, { steps: 4 });
    await page.mouse.up();
    await expect.poll(async () => (await range(page))[0]).toBeGreaterThan(0.01);
    const brushed = await range(page);
    const lanes = (await page.locator('#bars').boundingBox()) ?? { x: 0, y: 0, width: 0 };
    await page.mouse.move(lanes.x + 600, lanes.y + 70);
    await page.mouse.down();
    await page.mouse.move(lanes.x + 700, lanes.y + 70, { steps: 4 });
    await page.mouse.up();
    await expect.poll(async () => (await range(page))[0]).toBeLessThan(brushed[0] ?? 0);
    await page.mouse.move(lanes.x + 600, lanes.y + 70);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -300);
    await page.keyboard.up('Control');
    await expect
      .poll(async () => {
        const [a = 0, b = 0] = await range(page);
        return b - a;
      })
      .toBeLessThan(((brushed[1] ?? 0) - (brushed[0] ?? 0)) * 0.8);
    await page.locator('#zoom-all').click();
    await page.mouse.click(lanes.x + 10, lanes.y + 60);
    await contains(page, '#shown', '1 of 4 sessions (s1)');
    await page.mouse.click(lanes.x + 310, lanes.y + 52);
    await contains(page, '#facts', 'login');
    await page.locator('#zoom-all').click();
    for (const [text, sessions] of [
      ['bob', 1], // the name of a user
      ['S3', 1], // the name of a session
      ['/basket', 1], // the path of requests
      ['', 4],
    ] as const) {
      await page.locator('#find').fill(text);
      await contains(page, '#shown', `${sessions} of 4 sessions,`);
    }
    await page.locator('#by-status').selectOption('signed out');
    await contains(page, '#shown', '1 of 4 sessions,');
    await page.locator('#by-status').selectOption('');
    await page.locator('#by-guarantee').selectOption('no-lost-updates');
    await contains(page, '#shown', '1 of 4 sessions,');
    await page.locator('#by-guarantee').selectOption('');
    await page.locator('#find').fill('alice');
    await page.locator('#by-instance').selectOption('app-1');
    await contains(page, '#shown', '1 of 4 sessions,');
    await page.locator('#find').fill('');
    await contains(page, '#shown', '4 of 4 sessions,');
  });

  it('shows the overlapping requests of a lost write together, and follows their session', async () => {
    const page = await open('broken.html');
    await page.locator('[data-show="no-lost-updates-1"]').click();
    await contains(page, '#shown', '(s4)');
    await contains(page, '#facts', 'expected');
    const proof = await range(page);
    for (const value of ['saw [b]', 'wrote b', 'wrote a']) {
      await page.locator('#lanes').press(',');
      await contains(page, '#facts', value);
      expect(await range(page)).toEqual(proof);
    }
    await page.getByRole('button', { name: 'Follow session s4' }).click();
    await expect.poll(() => range(page)).not.toEqual(proof);
    await page.getByRole('button', { name: 'Close' }).click();
    await facts(page).locator('dl').waitFor({ state: 'detached' });
  });

  it('opens at the session or the moment that its address names', async () => {
    expect(await shown(await open('broken.html', { hash: '#session=s1' }))).toContain('(s1)');
    const page = await open('broken.html', { hash: '#time=0.004-0.009' });
    expect(await range(page)).toEqual([0.004, 0.009]);
    expect(await shown(page)).toContain('4 of 4 sessions,');
  });

  it('zooms by two fingers, and pans by one', async () => {
    const page = await open('broken.html', { viewport: SIZES[0][1] });
    const all = await range(page);
    const touch = (type: string, pointerId: number, x: number): Promise<void> =>
      page
        .locator('#bars')
        .dispatchEvent(type, { pointerId, pointerType: 'touch', clientX: x, clientY: 500 });
    // Disables the capture of the pointer, because the capture fails for events from a script.
    await page.evaluate('Element.prototype.setPointerCapture = () => {}');
    await touch('pointerdown', 1, 180);
    await touch('pointerdown', 2, 220);
    await touch('pointermove', 2, 330);
    await expect.poll(() => range(page)).not.toEqual(all);
    const [from = 0, until = 0] = await range(page);
    await touch('pointerup', 2, 330);
    await touch('pointermove', 1, 100);
    await expect.poll(async () => (await range(page))[0]).toBeGreaterThan(from);
    const panned = await range(page);
    expect((panned[1] ?? 0) - (panned[0] ?? 0)).toBeCloseTo(until - from, 2);
  });

  it('copies the command and an issue', async () => {
    const page = await open('broken.html');
    const copied = () => page.evaluate('navigator.clipboard.readText()');
    await page.locator('[data-copy="command"]').first().click();
    await expect.poll(copied).toBe('npx baton-verify verify --seed 1');
    await page.locator('[data-copy="issue-continuity"]').click();
    await expect
      .poll(copied)
      .toMatch(/^## continuity is violated: [\s\S]*LOSS {2}continuity[\s\S]*see it again: npx/);
  });

  it.each([
    ['light', SIZES[1][1]],
    ['dark', SIZES[0][1]],
  ] as const)(
    'has no findings of axe in %s mode on %o, and fits the screen',
    async (colorScheme, viewport) => {
      const page = await open('broken.html', { colorScheme, viewport, hash: '#isolation-1' });
      for (const part of await page.locator('.guarantees summary').all()) await part.click();
      expect(await axeFindings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    },
  );

  it('draws both runs of a comparison, and prints', async () => {
    const input = compared();
    const sides = [sideOf('base', []), sideOf('this run', [])];
    const view = await viewOf(input.result, async () => undefined, sides);
    writeFileSync(
      join(folder, 'compared.html'),
      REPORTS['html']?.report({ ...input, ...(view && { view }) }) ?? '',
    );
    const page = await open('compared.html');
    expect(await page.locator('#sides canvas').count()).toBe(2);
    await page.emulateMedia({ media: 'print' });
    expect((await page.pdf()).length).toBeGreaterThan(10_000);
  });

  it.runIf(LONG)('of 500 sessions and 100,000 requests is below 1 MB, and shows them all', async () => {
    const text = await reportOf(large(), [continuity]);
    expect(text.length).toBeLessThan(1_000_000);
    writeFileSync(join(folder, 'large.html'), text);
    const page = await open('large.html', { traced: true });
    expect(await shown(page)).toContain('500 of 500 sessions');
    // On an idle machine, the first picture takes at most 2 s. After it, 30 frames per second are drawn.
    expect(await cpuTime()).toBeLessThan(2000);
    await browser.startTracing(page, { categories: TRACED });
    const drawn = await page.evaluate(PANS);
    expect((await cpuTime()) / FRAMES).toBeLessThan(1000 / 30);
    // When the page pans back, it must reuse its tiles (images of parts of the timeline).
    expect(drawn).toBe(0);
    await page.locator('#zoom-in').click();
    await expect.poll(async () => (await range(page))[0]).toBeGreaterThan(1);
    await page.locator('#lanes').press('ArrowRight');
    await page.locator('#find').fill('user499');
    await contains(page, '#shown', '1 of 500 sessions');
  });

  it('shows a run while it goes on, to this machine only, and becomes the report', async () => {
    const code = await browserCode();
    if (code === undefined) throw new Error('expected esbuild');
    const { run, events } = broken();
    const trouble: string[] = [];
    const status = new RunStatus(text => trouble.push(text));
    const live = await Live.start(code, status);
    const page = await (await browser.newContext()).newPage();
    try {
      page.on('console', message => complaints.push(message.text()));
      await page.goto(live.url);
      for (const event of [run, ...events]) status.event(event);
      await contains(page, '#live-anomalies', 'LOSS continuity, session s1');
      await contains(page, '#live-anomalies', 'BLEED isolation');
      await contains(page, '#shown', '4 of 4 sessions');
      await contains(page, '#live-about', EVIL);
      const statusOf = async (url: string, host: string): Promise<number | undefined> => {
        const request = get(url, { headers: { host } });
        const [response] = (await once(request, 'response')) as [IncomingMessage];
        response.resume();
        return response.statusCode;
      };
      const { host, origin } = new URL(live.url);
      expect(await statusOf(live.url, 'evil.test')).toBe(403);
      expect(await statusOf(`${origin}/`, host)).toBe(404);
      await live.end(await reportOf(broken()));
      await contains(page, 'h1', 'Broken: continuity');
      expect(trouble).toEqual([]);
    } finally {
      await live.close();
    }
    await page.locator('#next').click();
    await contains(page, '#facts', 'expected');
  });

  it('loads nothing, and breaks no rule of its content security policy', () => {
    expect(complaints).toEqual([]);
  });
});
