/** Finds and starts a browser for tests, which are skipped on machines without a browser. */
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { used } from './used.ts';

const CANDIDATES = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of the browser; undefined if the machine has none. */
export const executablePath = CANDIDATES.find(path => path && existsSync(path));

used(
  'a browser',
  executablePath === undefined
    ? 'NOT TESTED: no Chromium on this machine; install one, or set CHROMIUM to its path'
    : `tested with ${executablePath}`,
);

const QUIET = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ ...(executablePath && { executablePath }), args: QUIET });

export const SIZES = [
  ['phone', { width: 390, height: 844 }],
  ['desktop', { width: 1280, height: 900 }],
] as const;

/** Returns the accessibility problems that axe finds: each rule, and the elements that break it. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(node => node.html.slice(0, 120)).join(" | ")))',
  );
}
