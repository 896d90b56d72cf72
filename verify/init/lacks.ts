/** Finds the guarantees that every run of a target leaves unknown, each with a remedy. */
import { GUARANTEES, type Guarantee } from '../core/result/guarantees.ts';
import type { Lack } from '../reports/doctor.ts';
import type { Target } from '../target/load.ts';

export interface Given {
  /** True if logs name the instance of each request, by `--logs` or a stack that Baton starts. */
  logs: boolean;
  /** True if the run has the option `--faults`. */
  faults: boolean;
}

type Missing = Pick<Lack, 'lacks' | 'remedy'>;

const INSTANCE: Missing = {
  lacks: 'no sign of which instance served a request',
  remedy: 'add `instance` with the header, cookie or place in a page that names it, or give --logs',
};
const PROBE: Missing = {
  lacks: 'no probe that can be read and written',
  remedy: 'add a probe with `read`, and `add`, `set` or `increment`',
};
const undisturbed = (own: Target['faults'], bundled: string): Missing => ({
  lacks: 'no fault is performed',
  remedy:
    own === undefined
      ? `add \`faults\` to the file (docs/faults.md) and --faults, or --stack local --faults ${bundled}`
      : 'add --faults all, or --faults with the names of some faults',
});

const NEEDS: Partial<Record<Guarantee, (target: Target, given: Given) => Missing | undefined>> = {
  continuity: (target, given) => (target.routing === 'sticky' ? undefined : instance(target, given)),
  isolation: ({ accounts }) =>
    accounts.length > 1
      ? undefined
      : {
          lacks: 'only one account, so no data of another user that a page could show',
          remedy: 'add a second account to `accounts`',
        },
  'instances-agree': instance,
  routing: instance,
  'read-your-writes': read,
  'monotonic-reads': read,
  'no-lost-updates': raced,
  linearizability: raced,
  'at-most-once': (target, given) =>
    raced(target, given) ??
    (target.probes.some(({ kind }) => kind === 'counter' || kind === 'bag')
      ? undefined
      : {
          lacks: 'no probe that shows whether a write took effect twice',
          remedy: 'add a probe of `kind: counter`, or of `kind: bag` (a list with repeats)',
        }),
  'one-session': made,
  'cookie-policy': made,
  rotation: target =>
    made(target) ??
    (target.accounts.length > 1
      ? undefined
      : {
          lacks:
            'only one account; many apps set no cookie before a login, so a run logs in as a second user while the first is signed in',
          remedy: 'add a second account to `accounts`',
        }),
  'logout-final': ({ logout }) =>
    logout === undefined ? { lacks: 'no way to log out', remedy: 'add `logout`' } : undefined,
  'token-refresh': ({ refresh }) =>
    refresh === undefined
      ? {
          lacks: 'no request that refreshes tokens',
          remedy: 'add `refresh` (docs/token-refresh.md), if the app refreshes tokens',
        }
      : undefined,
  expiry: ({ expiry }) =>
    expiry?.idle === undefined && expiry?.absolute === undefined
      ? {
          lacks: 'no timeout is declared',
          remedy:
            'add `expiry` with `idle` or `absolute`; a run waits for this timeout, so verify with a short timeout',
        }
      : undefined,
  outage: ({ deadline, faults: own }, { faults }) => {
    if (!faults) return undisturbed(own, 'store-restart');
    return deadline === undefined
      ? { lacks: 'no deadline for responses while the store is down', remedy: 'add `deadline`' }
      : undefined;
  },
  survival: ({ faults: own }, { faults }) => (faults ? undefined : undisturbed(own, 'deploy')),
  evidence: (_, { logs }) =>
    logs
      ? undefined
      : {
          lacks: 'no log that confirms which instance served a request',
          remedy: 'give --logs (docs/compose.md)',
        },
};

function instance({ instance: by }: Target, { logs }: Given): Missing | undefined {
  return (by?.header ?? by?.cookie ?? by?.body) === undefined && !logs ? INSTANCE : undefined;
}

function made({ session }: Target): Missing | undefined {
  if (session === undefined) return undefined;
  return {
    lacks: 'no login: the sessions that `session` names begin before the run',
    remedy: 'replace `session` by `login`',
  };
}

function written({ probes }: Pick<Target, 'probes'>): Missing | undefined {
  return probes.some(({ add, set, increment }) => (add ?? set ?? increment) !== undefined)
    ? undefined
    : PROBE;
}

function read(target: Target, given: Given): Missing | undefined {
  return written(target) ?? (target.routing === 'sticky' ? undefined : instance(target, given));
}

function raced(target: Target, given: Given): Missing | undefined {
  return written(target) ?? instance(target, given);
}

/** Returns the guarantees that every run leaves unknown, in the order of docs/guarantees.md. */
export function lacksOf(target: Target, given: Given): Lack[] {
  return (Object.keys(GUARANTEES) as Guarantee[]).flatMap(guarantee => {
    const missing = NEEDS[guarantee]?.(target, given);
    if (missing === undefined) return [];
    // A set of claims such as `standard` does not claim `evidence` if the run has no logs.
    const dropped = guarantee === 'evidence' && !given.logs && target.bySet.includes(guarantee);
    const claimed = target.claims.includes(guarantee) && !dropped;
    return [{ guarantee, claimed, ...missing }];
  });
}
