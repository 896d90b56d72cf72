/** A steady rate, ten times as much of a sudden, and the steady rate again: does it come back, with all sessions? */
import { accountOf } from './lib/accounts.ts';
import type { Part } from './lib/parts.ts';
import { arrivalsOf } from './lib/scenarios.ts';
import { script } from './lib/script.ts';
import { Session } from './lib/session.ts';
import { type Settings, seconds } from './lib/settings.ts';
import { hop } from './lib/steps.ts';
import { partLines } from './lib/summary.ts';

const FACTOR = 10;
/** Parts of the duration: up to the spike, the spike itself; the rest is after it. */
const BEFORE = 0.4;
const SPIKE = 0.2;

const partsOf = ({ duration }: Settings): Part[] => {
  const all = seconds(duration);
  return [
    { name: 'before', from: 0 },
    { name: 'spike', from: BEFORE * all },
    { name: 'after', from: (BEFORE + SPIKE) * all },
  ];
};

const { options, setup, iteration, warmUp, teardown, handleSummary } = script({
  name: 'spike',
  defaults: { duration: '60s', users: 50, rate: 10 },
  load({ users, rate = 10, duration }) {
    const all = seconds(duration);
    const hold = (part: number, target: number) => [
      { target, duration: '0s' },
      { target, duration: `${part * all}s` },
    ];
    return arrivalsOf(users, {
      executor: 'ramping-arrival-rate',
      startRate: rate,
      stages: [...hold(BEFORE, rate), ...hold(SPIKE, FACTOR * rate), ...hold(1 - BEFORE - SPIKE, rate)],
    });
  },
  parts: partsOf,
  begin: vu => new Session(vu, accountOf(vu.app.accounts, vu.number)),
  warmUp: hop,
  iterate: hop,
  tell: (data, settings) => partLines(data, partsOf(settings), ''),
});

export { handleSummary, options, setup, teardown, warmUp };
export default iteration;
