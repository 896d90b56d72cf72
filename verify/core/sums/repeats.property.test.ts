/** Tests that counting repeated reads gives the same counts as judging these reads. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continuity } from '../checks/continuity.ts';
import { isolation } from '../checks/isolation.ts';
import { monotonicReads } from '../checks/monotonic-reads.ts';
import { readYourWrites } from '../checks/read-your-writes.ts';
import type { Event, Operation } from '../history/history.ts';
import type { Seen } from '../response/interpret.ts';
import { PREFIX, runLine } from '../testing/picture.ts';
import { Judge } from '../timeline/judge.ts';
import { Repeated, Repeats } from './repeats.ts';

const CHECKS = [continuity, isolation, readYourWrites, monotonicReads];
const CLOCK = { type: 'clock', clock: 'c', base: '2026-01-01T00:00:00.000Z', uncertainty: 0 } as const;

const step = fc.record({
  what: fc.constantFrom(
    'read',
    'read',
    'read',
    'read',
    'add',
    'remove',
    'login',
    'look',
    'other user',
    'signed out',
  ),
  instance: fc.constantFrom('app-1', 'app-2', undefined),
  outcome: fc.constantFrom('ok', 'ok', 'ok', 'info', 'fail'),
  stale: fc.constantFrom(true, false, false, false, false),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface ClientStep {
  seen: Seen;
  action: Operation['action'];
  value: string | undefined;
  session: string;
}

/** Generates the results that a client sees. Equal pages have the same result object, as in a real client. */
function* seenBy(steps: readonly Step[]): Generator<ClientStep> {
  const pages = new Map<string, Seen>();
  let state: string[] = [];
  let older: string[] = [];
  let [sessions, values] = [0, 0];
  const login = (instance: string | undefined): ClientStep => {
    [state, older] = [[], []];
    const seen: Seen = { outcome: 'ok', signedIn: 'in', ...(instance === undefined ? {} : { instance }) };
    return { seen, action: 'login', value: undefined, session: `s${++sessions}` };
  };
  yield login('app-1');
  for (const { what, instance, outcome, stale } of steps) {
    const session = `s${sessions}`;
    const served = instance === undefined ? {} : { instance };
    if (what === 'login') yield login(instance);
    else if (what === 'add' || what === 'remove') {
      const value = what === 'add' ? `${PREFIX}.alice.${session}.${++values}.aaaaaaaa` : state[0];
      if (value === undefined) continue;
      older = state;
      if (outcome !== 'fail') state = what === 'add' ? [...state, value] : state.slice(1);
      yield { seen: { outcome, ...served }, action: what, value, session };
    } else if (what === 'look') {
      const seen: Seen = { outcome: 'ok', signedIn: 'in', sawUser: 'alice', ...served };
      yield { seen, action: 'read', value: undefined, session };
    } else {
      const saw = stale ? older : state;
      const name = `${what} ${saw.join()}`;
      const page = pages.get(name) ?? pageOf(what, saw);
      pages.set(name, page);
      delete page.instance;
      yield { seen: Object.assign(page, served), action: 'read', value: undefined, session };
    }
  }
}

function pageOf(what: Step['what'], saw: string[]): Seen {
  if (what === 'signed out') return { outcome: 'fail', signedIn: 'out' };
  return { outcome: 'ok', signedIn: 'in', sawUser: what === 'other user' ? 'bob' : 'alice', saw };
}

let ids = 0;

function eventsOf({ seen, action, value, session }: ClientStep): Event[] {
  const id = ++ids;
  const looks = action === 'read' && seen.signedIn === 'in' && seen.saw === undefined;
  const object = action === 'login' || looks ? {} : { object: `basket@${session}` };
  const called = {
    id,
    clock: 'c',
    client: 'c',
    session,
    user: 'alice',
    action,
    request: `r-${id}`,
    call: 2 * id,
  };
  const more = { ...object, ...(value === undefined ? {} : { value }) };
  const returned = { ...seen, return: 2 * id + 1 };
  if (action === 'read') return [{ type: 'op', ...called, ...more, ...returned }];
  return [
    { type: 'start', ...called, ...more },
    { type: 'end', id, ...returned },
  ];
}

/** Returns the counts to which repeated reads are added. */
const figures = (judge: Judge) => {
  const [of, shown, after, back] = judge.counts().map(({ counts }) => counts);
  return {
    reads: [of?.['requests'], shown?.['responses']],
    handoffs: [of?.['handoffs']],
    pairs: [back?.['reads']],
    pairsElsewhere: [back?.['crossed']],
    written: [after?.['reads']],
    writtenElsewhere: [after?.['crossed']],
    broken: [of?.['lost'], shown?.['shown'], after?.['broken'], back?.['broken']],
  };
};

describe('Repeats', () => {
  it('counts what the judge alone would have counted', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        ids = 0;
        const whole = new Judge(runLine(), CHECKS);
        const anomalies = { count: 0 };
        const rest = new Judge(runLine(), CHECKS, () => anomalies.count++);
        const counts = new Repeated();
        let repeats = new Repeats(counts);
        let session = '';
        let held: Event | undefined;
        const settle = () => {
          if (repeats.settle() && held !== undefined) rest.step(held);
        };
        for (const judge of [whole, rest]) judge.step(CLOCK);
        for (const one of seenBy(steps)) {
          const events = eventsOf(one);
          for (const event of structuredClone(events)) whole.step(event);
          if (one.action === 'read' && repeats.repeats(one.seen)) {
            held = structuredClone(events[0]);
            continue;
          }
          settle();
          if (one.session !== session) repeats = new Repeats(counts);
          session = one.session;
          const before = anomalies.count;
          for (const event of structuredClone(events)) rest.step(event);
          const clean =
            anomalies.count === before && one.seen.signedIn === 'in' && one.seen.sawUser === 'alice';
          const compared = 'object' in (events[0] ?? {});
          if (one.action === 'read' && !compared) repeats.interrupted();
          else if (one.action === 'read') repeats.read(one.seen, clean, rest.reads);
          else repeats.other(one.action, one.seen);
        }
        settle();
        const [expected, got] = [figures(whole), figures(rest)];
        for (const name of Object.keys(counts) as (keyof typeof counts)[]) {
          expect(got[name].map(n => Number(n ?? 0) + counts[name])).toEqual(expected[name]);
        }
        expect(got.broken).toEqual(expected.broken);
      }),
      { numRuns: 3000 },
    );
  });
});
