import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../stack/wait.ts';
import { type Deployed, deploy } from './deploy.ts';
import { CONTROLS } from './index.ts';
import { whyNotHere } from './testing/needs.ts';
import { canVisit, ordinaryVisit } from './testing/visit.ts';
import { Visitor } from './testing/visitor.ts';

/** Key: name of a healthy system; value: additional test for it. */
const ALSO: Record<string, (visitor: () => Visitor) => Promise<void>> = {
  'plain-done-right': async visitor => {
    // Repeats the race, because on a busy machine the slow request can end before the sign-out.
    for (let raced = false; !raced; ) {
      const alice = visitor();
      await alice.signIn();
      const cookie = await alice.cookie();
      const form = { item: 'late' };
      const slow = alice.send('/app/cart/wrapped', { method: 'POST', form, cookie });
      await alice.who();
      await alice.signOut();
      raced = (await slow).headers.get('location') === '/app/login';
      expect(await alice.who(cookie)).toBeUndefined();
    }
  },
  'pages-kept-by-browsers': async visitor => {
    const alice = visitor();
    const { page } = alice.target.signedIn;
    await alice.signIn();
    const kept = await alice.send(page);
    expect((await alice.revalidate(page, kept)).status).toBe(304);
    await alice.signOut();
    const bob = alice.as(6);
    await bob.signIn();
    expect((await bob.revalidate(page, kept)).text).toContain(bob.user);
  },
  'card-store-with-short-timeouts': async visitor => {
    const alice = visitor();
    await alice.signIn();
    const began = performance.now();
    const still = async () => (await alice.who()) === undefined;
    await until(still, { withinMs: 20_000, everyMs: 300, what: 'the absolute timeout' });
    expect(performance.now() - began).toBeGreaterThan(8_500);
  },
};

// Skips deployments with faults. Until a fault begins, they do not differ from other healthy systems.
const undisturbed = CONTROLS.filter(control => control.faults === undefined && canVisit(control));

const here = undisturbed.filter(control => whyNotHere(control) === '');
const elsewhere = undisturbed.filter(control => !here.includes(control));
const named = (controls: typeof undisturbed) => controls.map(control => [control.name, control] as const);

describe.skip.each(named(elsewhere))('%s', declare);
describe.concurrent.each(named(here))('%s', declare);

function declare(name: string, control: (typeof undisturbed)[number]): void {
  let deployed: Deployed;
  beforeAll(async () => {
    deployed = await deploy(control);
  });
  afterAll(() => deployed?.stop());

  it('serves several visitors at once', async () => {
    const { target, stack } = deployed;
    const visitors = Array.from({ length: 4 }, (_, n) => new Visitor(target, [stack.url], n));
    await Promise.all(visitors.map(ordinaryVisit));
  });

  it.runIf(ALSO[name])('passes where a similar defect fails', async () => {
    await ALSO[name]?.(() => new Visitor(deployed.target, [deployed.stack.url], 5));
  });
}
