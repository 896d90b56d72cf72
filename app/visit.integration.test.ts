/** Tests a whole visit in a real browser: registration, activation, a picture, a sale and a purchase. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLocalStack } from '../stack/local.ts';
import { type Mailbox, startMailbox } from '../stack/mailbox.ts';
import { startServer } from '../stack/servers.ts';
import type { Stack } from '../stack/stack.ts';
import { whyWithout } from '../stack/testing/servers.ts';
import { axeFindings, executablePath, launchBrowser, SIZES } from '../tests/browser.ts';
import { PNG } from './testing/pictures.ts';

const skip = executablePath === undefined || whyWithout('SeaweedFS', 'weed') !== '';

describe.skipIf(skip)('a whole visit, with mail and pictures', () => {
  let mailbox: Mailbox;
  let stack: Stack;
  let browser: Browser;
  const served = new Set<string>();

  beforeAll(async () => {
    stack = await startLocalStack({
      port: 'any',
      env: { SCRYPT_COST: '2' },
      beside: async () => {
        const pictures = await startServer('pictures');
        mailbox = await startMailbox();
        const stop = async () => void (await Promise.all([pictures.dispose(), mailbox.stop()]));
        return { env: { ...pictures.addresses, SMTP_URL: mailbox.smtpUrl }, stop };
      },
    });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  async function inspect(page: Page, heading: string): Promise<void> {
    await page.locator('h1', { hasText: heading }).waitFor();
    const tooWide = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect([page.url(), tooWide, ...(await axeFindings(page))]).toEqual([page.url(), 0]);
    served.add((await page.locator('footer').getAttribute('data-instance')) ?? '');
  }

  async function join(page: Page, name: string): Promise<void> {
    const email = `${name}@people.example.test`;
    await page.goto(`${stack.url}/register`);
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password').fill('correct horse');
    await inspect(page, 'Create an account');
    await page.getByRole('button', { name: 'Create account' }).click();
    await inspect(page, 'Look into your mail');
    const { text } = mailbox.mails.find(({ to }) => to.includes(email)) ?? {};
    await page.goto(/\S+\/activation\?\S+/.exec(text ?? '')?.[0] ?? '');
    await inspect(page, 'Activate your account');
    await page.getByRole('button', { name: 'Activate' }).click();
    await page.getByText('Your account is active.').waitFor();
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await inspect(page, `Hello, ${name}`);
  }

  /** Width in pixels; 0 if the browser could not load the picture. */
  async function widthOfPicture(page: Page, words: string): Promise<number> {
    const picture = page.locator('[data-card]', { hasText: words }).locator('img');
    await picture.scrollIntoViewIfNeeded();
    return picture.evaluate(async (element: unknown) => {
      const image = element as { naturalWidth: number; decode(): Promise<void> };
      await image.decode().catch(() => {});
      return image.naturalWidth;
    });
  }

  test('from the registration to the sale, on a phone in dark mode', { timeout: 300_000 }, async () => {
    const [[, viewport]] = SIZES;
    const open = () => browser.newPage({ viewport, colorScheme: 'dark' });
    const seller = await open();
    await join(seller, 'seller');
    const words = 'with love';
    await seller.getByLabel('Your words').fill(words);
    await seller.getByRole('button', { name: 'Add' }).click();
    await seller.getByRole('button', { name: 'Check out' }).click();
    await seller.getByRole('link', { name: `Add the picture of ${words}` }).click();
    await inspect(seller, 'A picture for your card');
    await seller
      .getByLabel('Picture')
      .setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from(PNG) });
    await seller.getByRole('button', { name: 'Upload' }).click();
    await seller.getByText('Your picture has arrived.').waitFor();
    await inspect(seller, 'A picture for your card');
    await seller.getByRole('button', { name: 'Put it on the card' }).click();
    await inspect(seller, 'Hello');
    expect(await widthOfPicture(seller, words)).toBe(1);
    await seller.getByLabel(`Price of ${words}`).fill('250');
    await seller.getByRole('button', { name: `Sell ${words}` }).click();
    await seller.getByRole('button', { name: `Keep ${words}` }).waitFor();

    const buyer = await open();
    await join(buyer, 'buyer');
    await buyer.getByRole('link', { name: 'Market' }).first().click();
    await inspect(buyer, 'Market');
    expect(await widthOfPicture(buyer, words)).toBe(1);
    await buyer.getByRole('button', { name: `Buy ${words}` }).click();
    await buyer.locator('[data-balance="750"]').waitFor();
    expect(await widthOfPicture(buyer, words)).toBe(1);
    await inspect(buyer, 'Hello');
    expect([...served].sort()).toEqual(['app-1', 'app-2']);
  });
});
