/** Puts health checks before a balancer, and a fleet behind it, as a profile has them. */
import type { LocalBalancer } from '../balancer.ts';
import { CheckedBalancer } from './checked-balancer.ts';
import { Fleet, type Hands } from './fleet.ts';
import { type Profile, replacedWithinMs } from './profile.ts';

/** @returns the balancer to be used in its place, and who keeps the instances, where somebody does */
export function govern(
  inner: LocalBalancer,
  profile: Profile | undefined,
  hands: Omit<Hands, 'unhealthy'>,
): { balancer: LocalBalancer; fleet?: Fleet } {
  if (profile?.check === undefined) return { balancer: inner };
  const { check, drainMs, failOpen, group } = profile;
  let fleet: Fleet | undefined;
  const balancer = new CheckedBalancer(inner, {
    ...{ check, drainMs, failOpen },
    onHealth: ({ name }, state) => {
      hands.say(`${name} was found ${state}`);
      fleet?.look();
    },
  });
  if (group === undefined) return { balancer };
  const unhealthy: Hands['unhealthy'] = instance => balancer.state(instance) === 'unhealthy';
  fleet = new Fleet(group, { ...hands, unhealthy }, replacedWithinMs(profile));
  return { balancer, fleet };
}
