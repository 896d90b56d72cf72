import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../stack/servers.ts';
import { axeFindings, executablePath, launchBrowser, SIZES } from '../tests/browser.ts';
import { LONG } from '../tests/long.ts';
import { FAILED_LOGINS } from './login-limits.ts';
import { startInProcess, type TestInstance } from './testing/instance.ts';

describe.skipIf(!executablePath)('in a browser', () => {
  let server: BackingServer;
  let app: TestInstance;
  let browser: Browser;

  beforeAll(async () => {
    server = await startRedis();
    app = await startInProcess(server.url, { env: { INSTANCE_ID: 'app-1' } });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await server?.dispose();
  });

  async function open(viewport: { width: number; height: number }): Promise<Page> {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    await page.goto(app.url);
    return page;
  }

  async function register(page: Page, name: string): Promise<void> {
    await page.getByRole('link', { name: 'Create an account' }).click();
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Email address').fill(`${name}@people.example.test`);
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expectText(page, 'h1', `Hello, ${name}`);
  }

  async function expectText(page: Page, selector: string, text: string): Promise<void> {
    await page.locator(selector, { hasText: text }).first().waitFor();
  }

  /** Expects that the page is no wider than the screen, and that axe finds no accessibility errors. */
  async function expectToFit(page: Page): Promise<void> {
    expect([page.url(), ...(await axeFindings(page))]).toEqual([page.url()]);
    const tooWide = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect([page.url(), tooWide]).toEqual([page.url(), 0]);
    await expectText(page, 'footer[data-instance="app-1"]', 'served by app-1');
  }

  test.each(LONG ? SIZES : SIZES.slice(0, 1))(
    'on a %s: register, write, check out, sell, buy, sign out and in',
    async (size, viewport) => {
      const seller = await open(viewport);
      await expectToFit(seller);
      await register(seller, `seller-${size}`);
      const words = `with love from a ${size}`;
      for (const text of [words, 'a slip of the pen']) {
        await seller.getByLabel('Your words').fill(text);
        await seller.getByRole('button', { name: 'Add' }).click();
        await seller.locator(`[data-item="${text}"]`).waitFor();
      }
      await seller.getByRole('button', { name: 'Remove a slip of the pen' }).click();
      await seller.locator('[data-item="a slip of the pen"]').waitFor({ state: 'detached' });
      await seller.getByRole('button', { name: 'Check out' }).click();
      await seller.locator('[data-balance="995"]').waitFor();
      await seller.getByLabel(`Price of ${words}`).fill('250');
      await seller.getByRole('button', { name: `Sell ${words}` }).click();
      await seller.getByRole('button', { name: `Keep ${words}` }).waitFor();
      await expectToFit(seller);

      const buyer = await open(viewport);
      await register(buyer, `buyer-${size}`);
      await buyer.getByRole('link', { name: 'Market' }).first().click();
      await expectToFit(buyer);
      await buyer.getByRole('button', { name: `Buy ${words}` }).click();
      await buyer.locator('[data-balance="750"]').waitFor();
      await expectText(buyer, '[data-card]', words);

      await seller.reload();
      await seller.locator('[data-balance="1245"]').waitFor();
      await seller.getByRole('button', { name: 'Sign out' }).click();
      await expectText(seller, 'h1', 'Welcome back');
      expect(await seller.locator('body[data-user]').count()).toBe(0);
      await seller.getByLabel('Email address').fill(`seller-${size}@people.example.test`);
      await seller.getByLabel('Password').fill('not it');
      await seller.getByRole('button', { name: 'Sign in' }).click();
      await expectText(seller, '[role=alert]', 'do not belong together');
      await expectToFit(seller);
      await seller.getByLabel('Password').fill('correct horse');
      await seller.getByRole('button', { name: 'Sign in' }).click();
      await seller.locator(`body[data-user="seller-${size}@people.example.test"]`).waitFor();
      await seller.goto(`${app.url}/nowhere`);
      await expectText(seller, 'h1', 'Nothing here');
      await expectToFit(seller);
    },
  );

  test('too many failed logins: the form stays, keeps the address and says when to try again', async () => {
    const limited = await startInProcess(server.url, { env: { INSTANCE_ID: 'app-1', LOGIN_LIMITS: 'on' } });
    const context = await browser.newContext({ viewport: SIZES[0][1] });
    const page = await context.newPage();
    await page.goto(`${limited.url}/login`);
    const statuses: number[] = [];
    for (let i = 0; i <= FAILED_LOGINS.account; i++) {
      await page.getByLabel('Email address').fill('bob@example.test');
      await page.getByLabel('Password').fill('not it');
      const answered = page.waitForResponse(response => response.request().method() === 'POST');
      const loaded = page.waitForEvent('load');
      await page.getByRole('button', { name: 'Sign in' }).click();
      statuses.push((await answered).status());
      await loaded;
    }
    expect(statuses).toEqual([...Array.from({ length: FAILED_LOGINS.account }, () => 401), 429]);
    await expectText(page, '[role=alert]', 'Too many failed logins. Try again in ');
    expect(await page.getByLabel('Email address').inputValue()).toBe('bob@example.test');
    await expectToFit(page);
    await limited.close();
  });

  test('the pages need no script and load no external resources', async () => {
    const page = await open(SIZES[1][1]);
    const complaints: string[] = [];
    page.on('console', message => complaints.push(message.text()));
    page.on('request', request => {
      if (!request.url().startsWith(app.url)) complaints.push(request.url());
    });
    for (const path of ['/', '/login', '/register', '/market']) await page.goto(app.url + path);
    expect(complaints).toEqual([]);
  });
});
