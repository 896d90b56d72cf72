/** Adds the health checks and the fleet of a profile to a balancer. */
import type { LocalBalancer } from '../stack.ts';
import { CheckedBalancer } from './checked-balancer.ts';
import { Fleet, type FleetActions } from './fleet.ts';
import { type Profile, replacedWithinMs } from './profile.ts';

/** Returns the balancer to use instead of `inner`. Also returns the fleet, if the profile has a group. */
export function govern(
  inner: LocalBalancer,
  profile: Profile | undefined,
  actions: Omit<FleetActions, 'unhealthy'>,
): { balancer: LocalBalancer; fleet?: Fleet } {
  if (profile?.check === undefined) return { balancer: inner };
  const { check, drainMs, failOpen, group } = profile;
  let fleet: Fleet | undefined;
  const balancer = new CheckedBalancer(inner, {
    ...{ check, drainMs, failOpen },
    onHealth: ({ name }, state) => {
      actions.report(`${name} was found ${state}`);
      fleet?.look();
    },
  });
  if (group === undefined) return { balancer };
  const unhealthy: FleetActions['unhealthy'] = instance => balancer.state(instance) === 'unhealthy';
  fleet = new Fleet(group, { ...actions, unhealthy }, replacedWithinMs(profile));
  return { balancer, fleet };
}
