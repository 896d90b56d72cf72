/** Tests rules for the checks of sessions, cookies and faults, on random runs of a simulated site. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { share } from '../../../tests/share.ts';
import { CHECKS } from '../checks/index.ts';
import type { Event } from '../history/history.ts';
import type { Guarantee } from '../result/guarantees.ts';
import type { Judgement } from '../result/verdict.ts';
import { declared, Site, SWITCHES, type Switch } from '../testing/lifecycle.ts';
import { Picture } from '../testing/picture.ts';
import { Judge } from './judge.ts';

fc.configureGlobal({ numRuns: share(100) });

const MINE = [
  'instances-agree',
  'logout-final',
  'rotation',
  'forgery',
  'one-session',
  'expiry',
  'cookie-policy',
  'private-responses',
  'outage',
  'survival',
  'availability',
] as const satisfies Guarantee[];

/**
 * Guarantees that each defect of the simulated site breaks. A defect always breaks the first guarantee, and may break
 * the others.
 */
const BREAKS: Record<Switch, readonly Guarantee[]> = {
  'keeps the id at login': ['rotation'],
  'adopts invented ids': ['rotation'],
  'logout only clears the cookie': ['logout-final'],
  'logout is local to the instance': ['logout-final'],
  'a save in flight revives the session': ['logout-final'],
  'accepts a flipped cookie': ['forgery'],
  'a cut cookie breaks it': ['forgery'],
  'breaks the login form after parallel first requests': ['one-session'],
  'expires early': ['expiry'],
  'expires late': ['expiry'],
  'one instance expires late': ['expiry'],
  'one instance sends no HttpOnly': ['cookie-policy', 'instances-agree'],
  'a health check starts a session': ['cookie-policy'],
  'pages are public': ['private-responses'],
  'an outage signs out': ['outage', 'survival', 'instances-agree'],
  'an outage hangs': ['outage'],
  'a restart empties the store': ['survival'],
  'one instance cannot read what the other wrote': ['instances-agree'],
  'fails now and then': ['availability'],
};

/** Returns a random number generator (mulberry32). Equal seeds give equal numbers. */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const seeds = fc.integer();
const switches = fc.constantFrom(...SWITCHES);
const site = (on: readonly Switch[], seed: number): Picture => new Site(on, seeded(seed)).run();

const judgements = (picture: Picture): Record<string, Judgement> =>
  Object.fromEntries(picture.result().guarantees.map(verdict => [verdict.guarantee, verdict.judgement]));
const violated = (picture: Picture): Guarantee[] => {
  const judged = judgements(picture);
  return MINE.filter(guarantee => judged[guarantee] === 'violated');
};

const renamed = (events: readonly Event[], rename: (text: string) => string): Event[] =>
  JSON.parse(JSON.stringify(events), (_, value: unknown) =>
    typeof value === 'string' ? rename(value) : value,
  );

describe('a simulated site', () => {
  it('without defects is valid by every check', () => {
    fc.assert(
      fc.property(seeds, seed => {
        const judged = judgements(site([], seed));
        expect(MINE.filter(guarantee => judged[guarantee] !== 'valid')).toEqual([]);
      }),
      { numRuns: share(100) },
    );
  });

  it.each(SWITCHES)('with the defect "%s" violates the expected guarantees and no other', which => {
    const [first, ...also] = BREAKS[which];
    fc.assert(
      fc.property(seeds, seed => {
        const found = violated(site([which], seed));
        expect(found).toContain(first);
        expect(found.filter(guarantee => guarantee !== first && !also.includes(guarantee))).toEqual([]);
      }),
      { numRuns: share(25) },
    );
  });
});

describe('laws', () => {
  it('later events never take back an anomaly of logout-final', () => {
    fc.assert(
      fc.property(seeds, fc.array(switches, { maxLength: 3 }), fc.nat(100), (seed, on, part) => {
        const { events } = site(on, seed);
        const begun = new Picture({ declared }).add(...events.slice(0, (events.length * part) / 100));
        if (begun.verdict('logout-final').judgement !== 'violated') return;
        const whole = new Picture({ declared }).add(...events);
        expect(whole.verdict('logout-final').judgement).toBe('violated');
      }),
    );
  });

  it('an additional healthy session changes no verdict on sessions', () => {
    const perSession = ['logout-final', 'rotation', 'forgery', 'expiry', 'outage', 'survival'] as const;
    fc.assert(
      fc.property(seeds, switches, (seed, on) => {
        const { events, now } = site([on], seed);
        const more = new Picture({ declared }).add(...events.slice(0, -1)).phase('settle');
        more.now = now + 1_000_000;
        more.ids = 1_000_000;
        more.session('healthy', 'carol').login('app-1').write('h', 'app-1').hops(30, ['h']).ended();
        const [before, after] = [judgements(site([on], seed)), judgements(more)];
        for (const guarantee of perSession) {
          expect(after[guarantee] === 'violated', guarantee).toBe(before[guarantee] === 'violated');
        }
      }),
    );
  });

  it('relabelling instances, users and sessions changes no judgement', () => {
    fc.assert(
      fc.property(seeds, switches, (seed, on) => {
        const { events } = site([on], seed);
        const other = renamed(events, text =>
          text
            .replace(/^app-1$/, 'web-b')
            .replace(/^app-2$/, 'web-a')
            .replace(/^alice$/, 'zoe')
            .replace(/^s(\d+)$/, 'z$1')
            .replace(/@s(\d+)$/, '@z$1'),
        );
        expect(violated(new Picture({ declared }).add(...other))).toEqual(violated(site([on], seed)));
      }),
      { numRuns: share(40) },
    );
  });

  it('operations with unknown outcome cause no violation', () => {
    fc.assert(
      fc.property(seeds, seed => {
        // Replays a healthy run in which the outcome of each change is unknown, even of logins and logouts.
        const { events } = site([], seed);
        const judge = new Judge(new Picture({ declared }).run, CHECKS);
        for (const event of events) {
          if (event.type !== 'end') judge.step(event);
          else judge.step({ type: 'end', id: event.id, outcome: 'info' });
        }
        const accused = judge.finish().guarantees.filter(({ judgement }) => judgement === 'violated');
        expect(accused.map(({ guarantee }) => guarantee).filter(g => MINE.some(mine => mine === g))).toEqual(
          [],
        );
      }),
      { numRuns: share(50) },
    );
  });
});
