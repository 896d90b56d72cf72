/** Runs Baton against a randomly changed app, and finds out whether a client could notice the change. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { plainDoneRight } from '../../zoo/controls/plain-done-right.ts';
import type { Deployed } from '../../zoo/deploy.ts';
import type { Control } from '../../zoo/entry.ts';
import { trial } from '../../zoo/run.ts';
import { Visitor } from '../../zoo/testing/visitor.ts';
import { describeDraw } from './describe.ts';
import type { Draw } from './draw.ts';
import { REPEATED, REPEATING } from './repetition.ts';

/** One line of the file that `--tally FILE` names. */
export const outcome = z.object({
  kind: z.enum(['defect', 'healthy']),
  seed: z.number(),
  draw: z.string(),
  /** Stored in addition to the seed, because an edit of defects.ts or healthy.ts can give the seed a different change. */
  act: z.string(),
  when: z.string(),
  every: z.number(),
  harms: z.number(),
  /** True if a client could notice a wrong effect, during the run or in additional requests after the run. */
  noticeable: z.boolean(),
  /** Claimed guarantees that Baton reported as violated. */
  violated: z.array(z.string()),
  requests: z.number(),
  folder: z.string(),
});

export type TrialRecord = z.infer<typeof outcome>;

function entryOf(draw: Draw, harms: string): Control {
  const { host } = draw;
  const program = new URL(`./${host}.server.ts`, import.meta.url);
  const { claims } = plainDoneRight.target as { claims: unknown[] };
  const repeats = REPEATED.includes(draw.act);
  // `evidence` also claims that no write is sent to two instances.
  const claimed = [...claims, 'at-most-once'].filter(claim => claim !== 'evidence' || !repeats);
  return {
    kind: 'control',
    name: `${draw.kind}-${draw.seed}`,
    sound: describeDraw(draw),
    deployment: {
      host,
      program,
      env: { POWER_DRAW: JSON.stringify(draw), POWER_HARMS: harms },
      ...(repeats && { nginx: REPEATING }),
    },
    ...(host === 'plain' && { target: { claims: claimed } }),
  };
}

/**
 * Runs Baton once against an app that a random change has broken, or made unusual.
 * @param out folder for the histories
 * @param signal stops the trial
 */
export async function tryDraw(draw: Draw, out: string, signal: AbortSignal): Promise<TrialRecord> {
  const folder = await mkdtemp(join(tmpdir(), 'power-'));
  const file = join(folder, 'harms');
  await writeFile(file, '');
  const count = async (): Promise<number> => (await readFile(file, 'utf8')).split('\n').length - 1;
  let harms = 0;
  try {
    const done = await trial(entryOf(draw, file), {
      seed: draw.seed,
      out,
      signal,
      afterwards: async deployed => {
        harms = await count();
        if (draw.kind === 'defect' && harms === 0) await attentive(draw, deployed, count);
      },
    });
    return {
      kind: draw.kind,
      seed: draw.seed,
      draw: describeDraw(draw),
      harms,
      act: draw.act,
      when: draw.when,
      every: draw.every,
      noticeable: (await count()) > 0,
      violated: done.result.guarantees
        .filter(({ claimed, violations }) => claimed && violations > 0)
        .map(({ guarantee }) => guarantee),
      requests: done.result.tally.operations,
      folder: done.folder,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Limits of the additional requests after a run: rounds, and milliseconds. */
const ROUNDS = 400;
const TIME = 12_000;
const USERS = 12;
/** Length of a large value, characters. The plain host accepts at most 2000. */
const LONG = 1_900;

/** Changes that only logins and logouts show. A trial must therefore log in and out often. */
const COMING_AND_GOING = [
  ...['expose', 'forget-delete', 'revive', 'other-cookie', 'save-ended'],
  ...['evict-other', 'cookie-path', 'short-cookie', 'keep-id', 'miss-session'],
];
/** Milliseconds from the start of a slow write to the logout that overlaps it. */
const IN_FLIGHT = 50;

/**
 * Sends requests until a client has noticed the change of the app. Requests overlap, wait for timeouts, write long
 * and non-ASCII values, log out, and send a forged cookie.
 */
async function attentive(
  draw: Draw,
  { target, stack }: Deployed,
  count: () => Promise<number>,
): Promise<void> {
  const end = Date.now() + TIME;
  const visitor = (_: unknown, i: number): Visitor => new Visitor(target, [stack.url], 400 + i);
  const users = Array.from({ length: USERS }, visitor);
  const devices = Array.from({ length: USERS }, visitor);
  const brief = COMING_AND_GOING.includes(draw.act);
  const round = async (user: Visitor, n: number): Promise<void> => {
    const again = draw.when === 'second login' && n > 0 && !brief;
    if (again) await user.signOut();
    const begins = brief || n === 0 || again;
    if (begins) await user.signIn();
    if ((draw.when === 'aged' && begins) || draw.when === 'rested') {
      await user.who();
      await sleep(draw.wait + 50);
    }
    if (draw.act === 'shorten') {
      await user.who();
      await sleep(draw.ms + 50);
    }
    const { page } = user.target.signedIn;
    if (draw.when === 'head') await user.send(page, { method: 'HEAD' });
    if (draw.when === 'after an error') await user.send(`${page}/no-such-page`);
    if (draw.act === 'accept-forged') await forge(user);
    else if (!brief) await use(user, draw, n);
    else if (draw.act === 'save-ended') await leaveEarly(user);
    else if (draw.act === 'miss-session') await endAll(user, devices[users.indexOf(user)]);
    else if (draw.act === 'keep-id') await user.who();
    else await Promise.all([user.signOut(), ...(draw.when === 'overlapping' ? [user.who()] : [])]);
  };
  for (let n = 0; n < ROUNDS && Date.now() < end && (await count()) === 0; n++)
    await Promise.all(users.map(user => round(user, n)));
  // Waits, because some changes of the app take effect later.
  if ((await count()) === 0) await sleep(Math.min(3_000, draw.ms));
}

async function use(user: Visitor, draw: Draw, n: number): Promise<void> {
  const awkward = draw.when === 'awkward' || draw.act === 'wrong-charset';
  const text = `${awkward ? 'ö' : 'o'}${n} `;
  const value = draw.when === 'large' ? text.padEnd(LONG, 'x') : text;
  for (const { object } of user.target.probes)
    await Promise.all([user.add(object, value), user.items(object)]);
}

async function endAll(user: Visitor, other: Visitor | undefined): Promise<void> {
  await other?.signIn();
  const { logoutEverywhere } = user.target;
  if (logoutEverywhere !== undefined) await user.submit(logoutEverywhere);
}

async function leaveEarly(user: Visitor): Promise<void> {
  const { write } = user.target.slow ?? {};
  const written = write === undefined ? undefined : user.submit(write, 'late');
  await sleep(IN_FLIGHT);
  await user.signOut();
  await written;
}

async function forge(user: Visitor): Promise<void> {
  const cookie = await user.cookie();
  const changed = (letter: string): string => (letter === 'A' ? 'B' : 'A');
  await user.who(cookie.replace(/(.)(.{3})$/, (_, letter, rest) => changed(letter) + rest));
}
