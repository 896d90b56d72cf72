/** How k6 spreads the iterations over virtual users and time. Pure. */
import type { Options } from 'k6/options';
import { type Settings, seconds } from './settings.ts';

/** k6's own --vus and --duration override these where there is no RATE. */
export function loadOf({ users, rate, duration }: Settings): Options {
  if (rate === undefined) return { vus: users, duration };
  return arrivalsOf(users, { executor: 'constant-arrival-rate', rate, duration });
}

/** What fails a run beside the guarantees: failed requests, slow responses, and iterations that were not started. */
export function loadLimits(
  { errors, p95, dropped }: Pick<Settings, 'errors' | 'p95' | 'dropped'>,
  load: Options = {},
): Record<string, string[]> {
  const planned = arrivalsIn(load);
  return {
    http_req_failed: [`rate<=${errors}`],
    'http_req_duration{phase:load}': p95 === undefined ? [] : [`p(95)<${p95}`],
    ...(planned === 0 ? {} : { dropped_iterations: [`count<=${Math.floor(dropped * planned)}`] }),
  };
}

interface Arrivals {
  rate?: number;
  duration?: string;
  startRate?: number;
  stages?: readonly { target: number; duration: string }[];
}

/** @returns how many iterations the arrival rates of a load start; 0 where there are none */
function arrivalsIn({ scenarios = {} }: Options): number {
  return Object.values(scenarios).reduce((sum, scenario) => {
    const { rate = 0, duration = '0s', startRate = 0, stages = [] } = scenario as Arrivals;
    let [before, started] = [startRate, rate * seconds(duration)];
    for (const stage of stages) {
      started += ((before + stage.target) / 2) * seconds(stage.duration);
      before = stage.target;
    }
    return sum + started;
  }, 0);
}

/** How long logins may take before the load of an arrival rate begins, seconds: ten a second are slow. */
export const warmUpOf = (users: number): number => 3 + Math.ceil(users / 10);

/**
 * An arrival rate whose users log in before it begins: a login takes long on purpose, so iterations would be dropped,
 * and what is measured would be the hashing of passwords. The virtual users of one scenario are those of the next.
 */
export function arrivalsOf(users: number, load: object): Options {
  const warmUp = `${warmUpOf(users)}s`;
  return {
    scenarios: {
      login: {
        executor: 'per-vu-iterations',
        vus: users,
        iterations: 1,
        maxDuration: warmUp,
        exec: 'warmUp',
      },
      load: { startTime: warmUp, preAllocatedVUs: users, maxVUs: users, ...load },
    } as unknown as NonNullable<Options['scenarios']>,
  };
}
