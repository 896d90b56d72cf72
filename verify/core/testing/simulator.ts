/** Simulates a session in a store that violates consistency once. */
import { declared } from './bursts.ts';
import { Picture } from './picture.ts';
import { type Draw, drawing } from './random-history.ts';

/**
 * The faults of the store. `reorder`: one read shows two values in the wrong order. `late-write`: an unacknowledged add
 * takes effect much later, which is allowed.
 */
export const FAULTS = ['none', 'stale-read', 'lost-update', 'double-apply', 'reorder', 'late-write'] as const;
export type StoreFault = (typeof FAULTS)[number];

const ROUNDS = 15;
/** Microseconds between two rounds. A round is two overlapping adds and two reads. */
const APART = 10_000;

/** Builds rounds of two overlapping adds on two instances and a read on each. */
export function simulate(fault: StoreFault, seed: number, kind: 'bag' | 'list'): Picture {
  const draw = drawing(seed);
  const picture = new Picture();
  const session = picture.session('s1', 'alice').login('app-1');
  declared(picture, session, kind);
  const strikes = 1 + draw(ROUNDS - 2);
  let state: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const struck = round === strikes;
    const before = state;
    const call = picture.now + APART;
    const [first, second] = [`a${round}`, `b${round}`];
    session.write(first, 'app-1', { call, return: call + 300 + draw(300) });
    session.write(second, 'app-2', { call: call + draw(300), return: call + 400 + draw(300) });
    state = written(before, first, second, struck ? fault : 'none', draw);
    if (fault === 'late-write' && struck) {
      session.write('late', 'app-1', { call: call + 800, return: call + 900, outcome: 'info', status: 504 });
    }
    if (fault === 'late-write' && round === ROUNDS - 1) state = [...state, 'late'];
    const instances = draw(2) > 0 ? ['app-1', 'app-2'] : ['app-2', 'app-1'];
    instances.forEach((instance, i) => {
      const shown = struck && i === 1 ? read(before, state, fault) : state;
      session.read(instance, shown, { call: call + 2000 + 1000 * i, return: call + 2400 + 1000 * i });
    });
    picture.now += APART;
  }
  return picture.inTime();
}

function written(state: string[], first: string, second: string, fault: StoreFault, draw: Draw): string[] {
  const [one, other] = draw(2) > 0 ? [first, second] : [second, first];
  if (fault === 'lost-update') return [...state, other];
  if (fault === 'double-apply') return [...state, one, other, other];
  return [...state, one, other];
}

function read(before: string[], state: string[], fault: StoreFault): string[] {
  if (fault === 'stale-read') return before;
  return fault === 'reorder' ? [...state.slice(1), ...state.slice(0, 1)] : state;
}
