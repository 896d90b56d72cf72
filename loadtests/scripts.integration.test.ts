/** Runs every k6 script against healthy and broken stacks: with real k6 if it is installed, else with the fake k6. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLocalStack } from '../stack/local.ts';
import { type Mailbox, startMailbox } from '../stack/mailbox.ts';
import { startServer } from '../stack/servers.ts';
import type { Stack } from '../stack/stack.ts';
import { whyWithout } from '../stack/testing/servers.ts';
import { LONG } from '../tests/long.ts';
import { used } from '../tests/used.ts';
import { k6Target } from '../verify/target/k6.ts';
import { parseTarget } from '../verify/target/load.ts';
import { plainDoneRight } from '../zoo/controls/plain-done-right.ts';
import { logoutLocalToNode } from '../zoo/defects/logout-local-to-node.ts';
import { memoryStorePerInstance } from '../zoo/defects/memory-store-per-instance.ts';
import { setCookieCachedByProxy } from '../zoo/defects/set-cookie-cached-by-proxy.ts';
import { staleLocalSessionCache } from '../zoo/defects/stale-local-session-cache.ts';
import { type Deployed, deploy } from '../zoo/deploy.ts';
import type { ZooEntry } from '../zoo/entry.ts';
import type { ScriptRun } from './testing/double.ts';
import { double, REAL_K6, realK6, runLongEnough } from './testing/scripts.ts';

const runner = realK6 ?? double;

/** Settings for short runs, without limits that depend on the speed of the machine. */
const SCRIPTS: Record<string, Record<string, string>> = {
  journey: { USERS: '3' },
  soak: { USERS: '4', THINK: '0-0.01', ERRORS: '1', IDLE: '0.1' },
  spike: { USERS: '6', RATE: '10' },
  breakpoint: { USERS: '6', RATE: '40', BUDGET: '60000' },
  deploy: { USERS: '4', THINK: '0-0.01', BUDGET: '60000' },
  'logout-storm': { USERS: '6' },
  'mixed-users': { USERS: '3', SESSIONS: '3' },
};

/** Limits that a healthy app keeps even on a busy machine. */
const PATIENT = { NO_COLOR: '1', P95: '60000', DROPPED: '1' };

function run(script: string, url: string, env: Record<string, string> = {}): Promise<ScriptRun> {
  const path = fileURLToPath(new URL(`./${script}.ts`, import.meta.url));
  return runLongEnough(['4s', '20s', '60s'], DURATION =>
    runner.run(path, { ...PATIENT, DURATION, ...SCRIPTS[script], BASE_URL: url, ...env }),
  );
}

async function typeOfPictureOnMarket(url: string): Promise<string | null> {
  const page = await (await fetch(`${url}/market`)).text();
  const [, picture = ''] = /<img src="([^"]+\/pictures\/[^"]+)"/.exec(page) ?? [];
  return (await fetch(picture)).headers.get('content-type');
}

/** Without real k6, only `npm run test:long` runs all scripts. Other test runs only run these scripts. */
const SHORT = ['journey', 'breakpoint', 'deploy', 'logout-storm'];
/** The fake k6 is slow, because it starts a thread for each virtual user. */
const BROKEN = realK6 === undefined ? ['breakpoint', 'mixed-users'] : Object.keys(SCRIPTS);

const pictured = whyWithout('SeaweedFS', 'weed') === '';

// Each script runs up to three times to get enough evidence.
describe('a healthy stack', { timeout: 600_000 }, () => {
  let stack: Stack;
  let mailbox: Mailbox;
  beforeAll(async () => {
    mailbox = await startMailbox();
    const beside = async () => {
      const pictures = pictured ? await startServer('pictures') : undefined;
      const stop = async () => void (await Promise.all([mailbox.stop(), pictures?.dispose()]));
      return { env: { SMTP_URL: mailbox.smtpUrl, ...pictures?.addresses }, stop };
    };
    stack = await startLocalStack({ port: 'any', env: { SCRYPT_COST: '2' }, beside });
  });
  afterAll(() => stack?.stop());

  it.concurrent.each(realK6 === undefined && !LONG ? SHORT : Object.keys(SCRIPTS))(
    'passes %s',
    async script => {
      const { code, stdout, stderr } = await run(script, stack.url, { MAILBOX: mailbox.url });
      expect(stderr).not.toContain('thresholds on metrics');
      expect(stdout).toContain(' VALID ');
      expect(code).toBe(0);
      const more: Record<string, RegExp> = {
        soak: /^part 4: [\d,]+ requests?, 0 failed, 95 % of responses within /m,
        spike: /^spike: \d+ requests?, 0 failed/m,
        breakpoint: /^nothing broke: up to 40 iterations per second all guarantees held/m,
        deploy: /^deploy: 4 of 4 sessions survived; every request succeeded at once; 0 had to log in again$/m,
        'logout-storm': /✓ logout-final +valid .*\n +logouts \d+ · with a request in flight [1-9]/,
      };
      expect(stdout).toMatch(more[script] ?? /./);
      if (script === 'journey' && pictured) expect(await typeOfPictureOnMarket(stack.url)).toBe('image/webp');
    },
  );
});

describe('sessions in the memory of each instance', () => {
  let broken: Deployed;
  beforeAll(async () => {
    broken = await deploy(memoryStorePerInstance);
  });
  afterAll(() => broken?.stop());

  it.concurrent.each(BROKEN)('fail %s', async script => {
    const { code, stdout } = await run(script, broken.stack.url);
    expect(stdout).toMatch(/✗ continuity +violated/);
    expect(code).toBe(99);
  });
});

describe.concurrent('the scripts find defects of other apps', () => {
  const cases: [ZooEntry, string, RegExp][] = [
    [setCookieCachedByProxy, 'mixed-users', /✗ isolation +violated/],
    [logoutLocalToNode, 'logout-storm', /✗ logout-final +violated/],
    [staleLocalSessionCache, 'dashboard', /✗ read-your-writes +violated/],
    [plainDoneRight, 'dashboard', / VALID {2}all 6 claimed guarantees hold/],
  ];
  const some = realK6 === undefined ? cases.slice(0, LONG ? 2 : 1) : cases;
  it.each(some.map(one => [one[0].name, ...one] as const))('%s', async (_, entry, script, shown) => {
    const { stack, target, stop } = await deploy(entry);
    try {
      // The pages of the zoo's plain Express app differ from those of the web shop.
      const app = k6Target(parseTarget(target, entry.name, {}), target);
      const env = { TARGET: app, USERS: '6', SESSIONS: '3', SESSION_COOKIES: 'sid,connect.sid' };
      const { code, stdout } = await run(script, stack.url, env);
      expect(stdout).toMatch(shown);
      expect(code).toBe(entry.kind === 'control' ? 0 : 99);
    } finally {
      await stop();
    }
  });
});

used('real k6', REAL_K6);
