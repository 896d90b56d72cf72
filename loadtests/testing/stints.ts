/** Plans the tasks of each virtual user of the fake k6, from the options of a script. */
import type { Scenario, ScriptOptions, Stint } from './messages.ts';

/** Returns the number of virtual users, and the tasks of each. */
export function plannedBy(options: ScriptOptions): { vus: number; stints: Stint[] } {
  const { vus = 1, duration, iterations, scenarios } = options;
  if (scenarios !== undefined) {
    const all = Object.values(scenarios);
    const users = Math.max(...all.map(({ vus = 0, preAllocatedVUs = 0 }) => Math.max(vus, preAllocatedVUs)));
    return { vus: users, stints: all.map(scenario => stintOf(scenario, users)) };
  }
  const much =
    iterations === undefined ? { duration: milliseconds(duration) } : { iterations: iterations / vus };
  return { vus, stints: [{ exec: 'default', ...much }] };
}

/** Gives each virtual user an equal part of the rate, but real k6 gives each iteration to any idle user. */
function stintOf(scenario: Scenario, users: number): Stint {
  const {
    executor,
    exec = 'default',
    iterations = 1,
    rate = 0,
    duration,
    startRate = 0,
    stages = [],
  } = scenario;
  if (executor === 'per-vu-iterations') return { exec, iterations };
  if (executor === 'constant-vus') return { exec, duration: milliseconds(duration) };
  if (executor === 'constant-arrival-rate') {
    return {
      exec,
      paces: [{ seconds: milliseconds(duration) / 1000, from: rate / users, to: rate / users }],
    };
  }
  let before = startRate;
  const paces = stages.map(({ target, duration: long }) => {
    const pace = { seconds: milliseconds(long) / 1000, from: before / users, to: target / users };
    before = target;
    return pace;
  });
  return { exec, paces: paces.filter(({ seconds }) => seconds > 0) };
}

function milliseconds(text = '1s'): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const value = Number(number) * ({ ms: 1, s: 1e3, m: 6e4 }[unit] ?? Number.NaN);
  if (value >= 0) return value;
  throw new Error(`the fake k6 supports durations such as 500ms, 3s and 1m, got ${JSON.stringify(text)}`);
}
