/** Lists the balancers of the local stack in `BALANCERS`. */

import type { LogSource } from '../verify/client/logs.ts';
import { balancerLog, foreignLog } from '../verify/import/log-file.ts';
import { choiceOf } from './backing.ts';
import type { BalancerPlace, BalancerProcess } from './balancer-process.ts';
import { CheckedNginx } from './fleet/checked-nginx.ts';
import { directivesOf, type Profile } from './fleet/profile.ts';
import { Haproxy } from './haproxy.ts';
import { merged, Nginx, type NginxAdditions } from './nginx.ts';
import { freePort } from './ports.ts';
import type { Sticky } from './sticky.ts';

export interface BalancerOptions extends BalancerPlace {
  additions?: NginxAdditions | undefined;
  /** How the balancer pins visitors to instances. Absent: visitors are not pinned. */
  sticky?: Sticky | undefined;
  profile?: Profile | undefined;
}

export type BalancerKind = 'nginx' | 'haproxy';

interface BalancerEntry {
  /** Prepares the balancer without starting it. Throws MissingProgramError if its program is not installed. */
  plan(options: BalancerOptions): Promise<BalancerProcess>;
  log(file: string, nameOf: (address: string) => string | undefined): LogSource;
}

export const BALANCERS: Readonly<Record<BalancerKind, BalancerEntry>> = {
  nginx: {
    plan: async ({ profile, additions = profile && directivesOf(profile), sticky, ...options }) => {
      const nginx = {
        ...options,
        statusPort: await freePort(),
        retireMs: profile?.drainMs,
        additions: merged(additions ?? {}, sticky?.additions ?? {}),
      };
      return profile?.check
        ? new CheckedNginx({ ...nginx, ...profile, check: profile.check })
        : new Nginx(nginx);
    },
    log: balancerLog,
  },
  haproxy: {
    plan: async ({ sticky, ...options }) => new Haproxy({ ...options, cookie: sticky?.cookie }),
    log: file => foreignLog(file),
  },
};

/**
 * Returns the balancer that STACK_BALANCER names, or nginx if an option needs nginx.
 * @throws Error if STACK_BALANCER has an unknown value
 */
export function balancerOf(
  env: Record<string, string | undefined>,
  { additions, sticky, profile }: Pick<BalancerOptions, 'additions' | 'sticky' | 'profile'>,
): BalancerKind {
  const wanted = choiceOf('STACK_BALANCER', env, BALANCERS, 'nginx');
  const onlyNginx = additions || profile || (sticky && sticky.mode !== 'duration');
  return onlyNginx ? 'nginx' : wanted;
}
