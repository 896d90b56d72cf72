/** Tests rules that must hold for every history, on random histories. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { share } from '../../tests/share.ts';
import type { Event, Operation } from './history/history.ts';
import { HistoryError, parseEvent } from './history/parse.ts';
import type { Judgement } from './result/verdict.ts';
import { Picture, runLine } from './testing/picture.ts';

fc.configureGlobal({ numRuns: share(100) });

/** One step of a session. If `what` is `lost` and `stale` is true, the response is signed out. */
const step = fc.record({
  what: fc.constantFrom('read', 'read', 'read', 'add', 'remove', 'lost'),
  instance: fc.constantFrom('app-1', 'app-2', 'app-3'),
  /** True in one of five steps. A stale read shows the state from before the last change. */
  stale: fc.constantFrom(true, false, false, false, false),
  outcome: fc.constantFrom('ok', 'ok', 'ok', 'info', 'fail'),
});
const session = fc.record({
  user: fc.constantFrom('alice', 'bob'),
  steps: fc.array(step, { maxLength: 40 }),
});
type SessionPlan = typeof session extends fc.Arbitrary<infer T> ? T : never;

/** Adds a session with the steps of a plan to the history. */
function play(picture: Picture, plan: SessionPlan, name: string): void {
  const drawn = picture.session(name, plan.user).login('app-1');
  let state: string[] = [];
  let older: string[] = [];
  plan.steps.forEach(({ what, instance, stale, outcome }, i) => {
    if (what === 'lost') {
      if (stale) drawn.signedOut(instance);
      return;
    }
    if (what === 'read') {
      drawn.read(instance, stale ? older : state);
      return;
    }
    const value = what === 'add' ? `${name}-${i}` : state[0];
    if (value === undefined) return;
    const shown =
      outcome === 'ok'
        ? {}
        : { outcome: outcome as Operation['outcome'], status: outcome === 'fail' ? 409 : 504 };
    if (what === 'add') drawn.write(value, instance, shown);
    else drawn.remove(value, instance, shown);
    if (outcome === 'fail') return;
    older = state;
    state = what === 'add' ? [...state, value] : state.filter(v => v !== value);
  });
  drawn.ended();
}

const judgements = (picture: Picture): Record<string, Judgement> =>
  Object.fromEntries(picture.result().guarantees.map(verdict => [verdict.guarantee, verdict.judgement]));

const plans = fc.array(session, { minLength: 1, maxLength: 4 });
const perSession = ['continuity', 'isolation', 'read-your-writes', 'monotonic-reads'] as const;

const drawn = (sessions: readonly SessionPlan[]): Picture => {
  const picture = new Picture();
  sessions.forEach((plan, i) => {
    play(picture, plan, `s${i + 1}`);
  });
  return picture;
};

const renamed = (events: readonly Event[], rename: (text: string) => string): Event[] =>
  JSON.parse(JSON.stringify(events), (_, value: unknown) =>
    typeof value === 'string' ? rename(value) : value,
  );

describe('laws', () => {
  it('relabelling instances changes no judgement', () => {
    fc.assert(
      fc.property(plans, sessions => {
        const picture = drawn(sessions);
        const other = new Picture().add(...renamed(picture.events, text => text.replace(/^app-/, 'web-')));
        expect(judgements(other)).toEqual(judgements(picture));
      }),
    );
  });

  it('the order of independent sessions in the history changes no judgement', () => {
    fc.assert(
      fc.property(plans, sessions => {
        const there = drawn(sessions);
        const back = new Picture();
        for (let i = sessions.length - 1; i >= 0; i--) play(back, sessions[i] as SessionPlan, `s${i + 1}`);
        expect(judgements(back)).toEqual(judgements(there));
      }),
    );
  });

  it('an additional healthy session neither hides nor causes a violation', () => {
    fc.assert(
      fc.property(plans, sessions => {
        const before = judgements(drawn(sessions));
        const picture = drawn(sessions);
        picture.session('healthy', 'carol').login('app-1').write('h', 'app-1').hops(30, ['h']).ended();
        const after = judgements(picture);
        for (const guarantee of perSession) {
          expect(after[guarantee] === 'violated', guarantee).toBe(before[guarantee] === 'violated');
        }
      }),
    );
  });

  it('later events never take back an anomaly', () => {
    fc.assert(
      fc.property(plans, fc.nat(100), (sessions, part) => {
        const whole = drawn(sessions);
        const begun = new Picture().add(
          ...whole.events.slice(0, Math.floor((whole.events.length * part) / 100)),
        );
        const [early, late] = [judgements(begun), judgements(whole)];
        for (const guarantee of perSession) {
          if (early[guarantee] === 'violated') expect(late[guarantee], guarantee).toBe('violated');
        }
      }),
    );
  });

  it('a store without faults is never violated', () => {
    fc.assert(
      fc.property(plans, sessions => {
        const healthy = sessions.map(plan => ({
          ...plan,
          steps: plan.steps.map(s => ({ ...s, stale: false })),
        }));
        for (const guarantee of perSession)
          expect(judgements(drawn(healthy))[guarantee]).not.toBe('violated');
      }),
    );
  });
});

describe('a simple judge of sequential sessions agrees', () => {
  /**
   * Compares each pair of operations by the definitions of the guarantees. Supports only sequential requests that were
   * all acknowledged.
   */
  const simple = (events: readonly Event[]): { stale: boolean; back: boolean } => {
    const ops = operationsOf(events);
    const removed = (value: string, from: Operation, to: Operation) =>
      ops.some(o => o.action === 'remove' && o.value === value && o.id > from.id && o.id < to.id);
    let [stale, back] = [false, false];
    for (const read of ops.filter(o => o.saw !== undefined)) {
      for (const earlier of ops.filter(o => o.id < read.id && o.session === read.session)) {
        const { value = '' } = earlier;
        const has = read.saw?.includes(value) === true;
        if (earlier.action === 'add' && !has && !removed(value, earlier, read)) stale = true;
        if (earlier.action === 'remove' && has) stale = true;
        for (const seen of earlier.saw ?? []) {
          if (
            !read.saw?.includes(seen) &&
            !ops.some(o => o.action === 'remove' && o.value === seen && o.id < read.id)
          ) {
            back = true;
          }
          const gone = ops.some(
            o => o.id > earlier.id && o.id < read.id && o.saw !== undefined && !o.saw.includes(seen),
          );
          if (gone && read.saw?.includes(seen)) back = true;
        }
      }
    }
    return { stale, back };
  };

  it('on read-your-writes and monotonic-reads', () => {
    let found = { stale: 0, back: 0, neither: 0 };
    fc.assert(
      fc.property(session, plan => {
        const steps = plan.steps.filter(s => s.what !== 'lost').map(s => ({ ...s, outcome: 'ok' as const }));
        const picture = drawn([{ ...plan, steps }]);
        const expected = simple(picture.events);
        const got = judgements(picture);
        expect({
          stale: got['read-your-writes'] === 'violated',
          back: got['monotonic-reads'] === 'violated',
        }).toEqual(expected);
        found = {
          stale: found.stale + Number(expected.stale),
          back: found.back + Number(expected.back),
          neither: found.neither + Number(!expected.stale && !expected.back),
        };
      }),
      { numRuns: share(3000) },
    );
    // The test proves something only if stale reads, reads that go back, and correct histories all occur often enough.
    expect(Math.min(...Object.values(found))).toBeGreaterThan(share(3000) / 100);
  });
});

function operationsOf(events: readonly Event[]): Operation[] {
  const starts = new Map(events.flatMap(e => (e.type === 'start' ? [[e.id, e] as const] : [])));
  return events.flatMap((event): Operation[] => {
    if (event.type === 'op') return [event];
    const start = event.type === 'end' ? starts.get(event.id) : undefined;
    return event.type === 'end' && start !== undefined ? [{ ...start, ...event, type: 'op' }] : [];
  });
}

describe('parseEvent', () => {
  it('gives an event or a HistoryError for any damaged line', () => {
    const lines = [runLine(), ...drawn([{ user: 'alice', steps: [] }]).events].map(event =>
      JSON.stringify(event),
    );
    const damaged = fc
      .tuple(fc.constantFrom(...lines), fc.nat(), fc.constantFrom('cut', 'flip', 'insert'), fc.string())
      .map(([line, at, how, text]) => {
        const i = at % line.length;
        if (how === 'cut') return line.slice(0, i);
        return (
          line.slice(0, i) +
          (how === 'flip' ? text.slice(0, 1) : text) +
          line.slice(how === 'flip' ? i + 1 : i)
        );
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string(), fc.json()), line => {
        try {
          expect(typeof parseEvent(line).type).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(HistoryError);
        }
      }),
      { numRuns: share(2000) },
    );
  });
});
