/** Logs in, submits a form and logs out in the user's Chromium, and records the requests. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { COMMAND } from '../core/command.ts';
import { isBatonError, UnavailableError, UsageError } from '../errors.ts';
import type { LoginCredentials } from './login.ts';
import type { RecordedRequest } from './traffic.ts';
import { LOGOUT, UNSAFE } from './words.ts';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const STEP = 10_000;
const FORMS = 3;

export interface Browsing {
  url: string;
  account: LoginCredentials;
  /** If true, also submits a text in the first harmless form, so that the recording contains a write. */
  probe: boolean;
  insecure?: boolean;
  /** Resolves when the person has logged in, used the app and logged out. Called if the page has no password field. */
  byHand?: (() => Promise<void>) | undefined;
  /** Timeout of one browser step, milliseconds; 10 s by default. */
  timeout?: number;
}

/**
 * Returns the requests to the app, in the order of their responses.
 *
 * @throws UsageError without Chromium, playwright-core or a password field; UnavailableError if the page does not open
 */
export async function browse(browsing: Browsing): Promise<RecordedRequest[]> {
  const { chromium } = await library();
  const executablePath = program();
  const recorded: RecordedRequest[] = [];
  let browser: Browser | undefined;
  const open = async (headless: boolean): Promise<Page> => {
    await browser?.close();
    browser = await chromium.launch({ executablePath, headless, args: ['--no-sandbox'] });
    const context = await browser.newContext({ ignoreHTTPSErrors: browsing.insecure === true });
    context.setDefaultTimeout(browsing.timeout ?? STEP);
    record(context, recorded);
    const page = await context.newPage();
    await page.goto(browsing.url);
    await settled(page);
    return page;
  };
  try {
    const page = await open(true);
    if (await logIn(page, browsing.account)) {
      if (browsing.probe) await write(page);
      await logOut(page);
    } else if (browsing.byHand === undefined) {
      throw new UsageError(
        `init: expected a field for a password on ${page.url()} or behind a link to a login, found none. Name the page ` +
          'with --login-page, or record the login yourself and give the recording to --har',
      );
    } else {
      await open(false);
      await browsing.byHand();
    }
    return recorded;
  } catch (error) {
    throw withoutLog(error as Error, browsing.url);
  } finally {
    await (browser as Browser | undefined)?.close();
  }
}

/** Removes the log from an error message of Playwright, because this log contains all typed texts, even passwords. */
function withoutLog(error: Error, url: string): Error {
  const [what = ''] = error.message.split('\n');
  const isPlaywrights = /^\w+\.\w+: /.test(what) || error.message.includes('\nCall log:');
  if (isBatonError(error) || !isPlaywrights) return error;
  if (what.startsWith('page.goto: '))
    return new UnavailableError(
      `init: expected a page at ${url}, the browser got none (${what}). Start the app and its balancer`,
    );
  return new UsageError(
    `init: the browser could not log in, use the app and log out (${what}). Record these steps yourself, and give the recording to --har`,
  );
}

async function library(): Promise<typeof import('playwright-core')> {
  try {
    return await import('playwright-core');
  } catch {
    throw new UsageError(
      `--browser: expected the package playwright-core, which drives the browser: npm install --save-dev playwright-core. ` +
        `Without this package: save a HAR file in a browser, and run ${COMMAND} init URL --har FILE`,
    );
  }
}

function program(): string {
  const named = process.env['CHROMIUM'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const all =
    named === undefined ? folders.flatMap(folder => PROGRAMS.map(name => join(folder, name))) : [named];
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  const found = [...all, ...(named === undefined ? [mac] : [])].find(path => existsSync(path));
  if (found !== undefined) return found;
  throw new UsageError(
    `--browser: expected Chromium or Chrome, found ${named ?? `none of ${PROGRAMS.join(', ')}`}. Install it, or name it: CHROMIUM=/path/to/it`,
  );
}

function record(context: BrowserContext, recorded: RecordedRequest[]): void {
  context.on('response', response => {
    const request = response.request();
    const text = request.postData();
    recorded.push({
      method: request.method(),
      url: request.url(),
      ...(text === null ? {} : { body: { type: request.headers()['content-type'] ?? '', text } }),
      status: response.status(),
      type: response.headers()['content-type'] ?? '',
    });
  });
}

/** Time without a request after which a page counts as loaded, milliseconds. */
const QUIET = 400;

async function settled(page: Page): Promise<void> {
  const end = performance.now() + STEP;
  const next = (): Promise<unknown> =>
    page.waitForEvent('request', { timeout: QUIET }).catch(() => undefined);
  for (let sent: unknown = true; sent !== undefined && performance.now() < end; ) {
    sent = await next();
    const request = sent as { response(): Promise<unknown> } | undefined;
    await request?.response().catch(() => undefined);
  }
}

async function logIn(page: Page, { user, password }: LoginCredentials): Promise<boolean> {
  const secret = page.locator('input[type=password]:visible').first();
  if ((await secret.count()) === 0) {
    const link = page.getByRole('link', { name: /log.?in|sign.?in/i }).first();
    if ((await link.count()) > 0) await link.click();
    await settled(page);
  }
  let filled = false;
  for (let i = 0; i < FORMS; i++) {
    const name = page
      .locator('input[type=text]:visible, input[type=email]:visible, input:not([type]):visible')
      .first();
    const asks = (await secret.count()) > 0;
    if (!asks && (filled || (await name.count()) === 0)) break;
    if ((await name.count()) > 0) await name.fill(user);
    if (asks) await secret.fill(password);
    filled ||= asks;
    await (asks ? secret : name).press('Enter');
    await settled(page);
  }
  return filled;
}

async function write(page: Page): Promise<void> {
  for (const field of await page
    .locator('input[type=text]:visible, input:not([type]):visible, textarea:visible')
    .all()) {
    const around = (await wordsAround(field)).toLowerCase();
    if (UNSAFE.test(around)) continue;
    await field.fill('baton text');
    const button = field.locator('xpath=ancestor::form[1]').getByRole('button').first();
    await ((await button.count()) > 0 ? button.click() : field.press('Enter'));
    await settled(page);
    return;
  }
}

const wordsAround = (field: Locator): Promise<string> =>
  field.evaluate(element => {
    const form = element.closest('form');
    return [element.outerHTML, form?.textContent ?? '', form?.getAttribute('action') ?? ''].join(' ');
  });

async function logOut(page: Page): Promise<void> {
  const named = new RegExp(LOGOUT.source, 'i');
  for (const role of ['button', 'link'] as const) {
    const out = page.getByRole(role, { name: named }).first();
    if ((await out.count()) === 0) continue;
    await out.click();
    return settled(page);
  }
}
