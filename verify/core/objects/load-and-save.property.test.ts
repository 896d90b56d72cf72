/**
 * Tests that an app which only loses updates is never accused of the anomalies STALE and BACK. For each write, the
 * simulated app loads the state of two objects, changes one object, and saves both objects some time later.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { share } from '../../../tests/share.ts';
import { monotonicReads } from '../checks/monotonic-reads.ts';
import { readYourWrites } from '../checks/read-your-writes.ts';
import type { Event, Outcome } from '../history/history.ts';
import { Picture } from '../testing/picture.ts';
import { Judge } from '../timeline/judge.ts';

const plan = fc.array(
  fc.record({
    session: fc.constantFrom('s1', 's1', 's1', 's2'),
    object: fc.constantFrom('basket', 'basket', 'notes'),
    action: fc.constantFrom('read', 'read', 'read', 'add', 'add', 'add', 'remove', 'clear'),
    after: fc.integer({ min: 0, max: 6 }),
    lasts: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 2 }) },
      fc.integer({ min: 1, max: 25 }),
    ),
    /**
     * `load`: time of the load, in per cent of the request's duration. `save`: time of the save, in per cent of the
     * time after the load.
     */
    load: fc.integer({ min: 0, max: 100 }),
    save: fc.integer({ min: 0, max: 100 }),
    outcome: fc.constantFrom<Outcome>('ok', 'ok', 'ok', 'info', 'info', 'fail'),
    /**
     * For a write with unknown outcome (`info`): time from its response until the app saves the state. A negative time
     * means never.
     */
    late: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 0, max: 60 })),
    which: fc.nat(20),
  }),
  { minLength: 3, maxLength: 14, size: 'max' },
);
type Step = typeof plan extends fc.Arbitrary<(infer T)[]> ? T : never;

interface Request extends Step {
  id: number;
  call: number;
  end: number;
  value: string;
  loaded: State;
}

/** The values of both objects. The app loads and saves both together. */
type State = Readonly<Record<Step['object'], string[]>>;

const changed = ({ action, object, value, loaded }: Request): State => {
  const before = action === 'clear' ? [] : loaded[object];
  const values = action === 'add' ? [...before, value] : before.filter(v => v !== value);
  return { ...loaded, [object]: values };
};

const EMPTY: State = { basket: [], notes: [] };

/** Runs the requests. Returns the events in the order in which a recorder writes them. */
function run(steps: readonly Step[]): Event[] {
  let now = 10;
  const requests = steps.map((step, i): Request => {
    now += step.after;
    const value = step.action === 'remove' ? `v${step.which % (i + 1)}` : `v${i}`;
    return { ...step, id: i + 10, call: now, end: now + step.lasts, value, loaded: EMPTY };
  });
  let state = EMPTY;
  const moments = requests.flatMap(request => {
    const { id, session, object, action, value, call, end, outcome, late } = request;
    const load = call + ((end - call) * request.load) / 100;
    const saved = load + ((end - load) * request.save) / 100;
    const write = action !== 'read';
    const unsure = write && outcome === 'info';
    const called = {
      id,
      clock: 'c0',
      client: session,
      session,
      user: 'alice',
      object: `${object}@alice`,
      action,
      request: `r${id}`,
      call,
      ...(write && action !== 'clear' ? { value } : {}),
    };
    const save = (): void => {
      // A refused write saves the state that it loaded. A read saves nothing, because the history has no reads in
      // flight.
      state = outcome !== 'fail' ? changed(request) : request.loaded;
    };
    const ended = (): Event =>
      write
        ? { type: 'end', id, return: end, outcome, instance: 'app-1' }
        : {
            type: 'op',
            ...called,
            return: end,
            outcome: 'ok',
            instance: 'app-1',
            signedIn: 'in',
            sawUser: 'alice',
            saw: request.loaded[object],
          };
    return [
      ...(write ? [{ at: call, order: 0, does: (): Event => ({ type: 'start', ...called }) }] : []),
      {
        at: load,
        order: 1,
        does: () => {
          request.loaded = state;
        },
      },
      ...(!write || (unsure && late < 0)
        ? []
        : [{ at: unsure ? Math.max(saved, end + late) : saved, order: 2, does: save }]),
      { at: end, order: 3, does: ended },
    ];
  });
  return moments
    .sort((a, b) => a.at - b.at || a.order - b.order)
    .flatMap(({ does }) => (does() as Event | undefined) ?? []);
}

it('accuses no app that saves what it loaded, only late, of a stale read', () => {
  let compared = 0;
  fc.assert(
    fc.property(plan, steps => {
      const picture = new Picture();
      picture.session('s1', 'alice').login('app-1', { call: 0, return: 1 });
      picture.session('s2', 'alice').login('app-1', { call: 0, return: 1 });
      picture.add(...run(steps));
      const judge = new Judge(picture.run, [readYourWrites, monotonicReads]);
      for (const event of picture.events) judge.step(event);
      for (const { guarantee, violations, rests } of judge.finish().guarantees.slice(0, 2)) {
        expect(violations, guarantee).toBe(0);
        compared += Object.values(rests)[0] ?? 0;
      }
    }),
    { numRuns: share(4000) },
  );
  expect(compared).toBeGreaterThan(share(4000) / 5);
});
