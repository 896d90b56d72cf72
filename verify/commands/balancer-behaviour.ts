/** Parses --profile, --speedup and --sticky, which define the behaviour of the bundled stack's balancer. */
import { PROFILES, type Profile, profileOf } from '../../stack/fleet/profile.ts';
import { STICKY, type Sticky, stickyBy } from '../../stack/sticky.ts';
import { UsageError } from '../errors.ts';

export interface BalancerBehaviour {
  profile?: Profile;
  sticky?: Sticky;
}

interface Words {
  profile?: string | undefined;
  speedup?: string | undefined;
  sticky?: string | undefined;
}

/**
 * Parses --profile, --speedup and --sticky of `baton verify`, which need --stack local. With --sticky-report, --sticky
 * is on.
 */
export function balancerBehaviour(
  words: Words & { stack?: string | undefined; 'sticky-report'?: boolean },
  instances: number,
): BalancerBehaviour {
  const report = words['sticky-report'] === true && words.stack !== undefined;
  const given = (['profile', 'speedup', 'sticky'] as const).filter(name => words[name] !== undefined);
  const [option = report ? 'sticky-report' : undefined] = given;
  if (option !== undefined && words.stack !== 'local')
    throw new UsageError(`--${option}: only the local stack supports this option; use --stack local`);
  return parseBalancerBehaviour(
    { ...words, ...(report && { sticky: words.sticky ?? 'duration' }) },
    instances,
  );
}

/**
 * @param instances number of instances at the start of the stack
 * @throws UsageError with the expected and the given value
 */
export function parseBalancerBehaviour(
  { profile: name, speedup, sticky }: Words,
  instances: number,
): BalancerBehaviour {
  const profile =
    name === undefined ? undefined : profileOf(oneOf('--profile', PROFILES, name), times(speedup));
  if (profile === undefined && speedup !== undefined)
    throw new UsageError(
      '--speedup: expected --profile too, because --speedup divides the times of a profile',
    );
  if (profile !== undefined) requireSize(profile, instances);
  const by = sticky === undefined ? undefined : stickyOf(sticky, profile?.cookies);
  return { ...(profile && { profile }), ...(by && { sticky: by }) };
}

function oneOf<Name extends string>(option: string, names: readonly Name[], text: string): Name {
  const found = names.find(name => name === text);
  if (found !== undefined) return found;
  throw new UsageError(`${option}: expected ${names.join(', ')}; got ${JSON.stringify(text)}`);
}

function times(text = '1'): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= 1 && value <= 100) return value;
  throw new UsageError(`--speedup: expected a number from 1 to 100, got ${JSON.stringify(text)}`);
}

function requireSize({ name, group }: Profile, instances: number): void {
  if (group === undefined || (instances >= group.min && instances <= group.max)) return;
  const size = group.min === group.max ? `exactly ${group.min}` : `${group.min} to ${group.max}`;
  throw new UsageError(`--instances: expected ${size} with --profile ${name}, got ${instances}`);
}

/** Parses --sticky: `duration`, `application`, `hash` or `none`. With `duration=60`, the cookie lasts for 60 s. */
function stickyOf(text: string, like: Profile['cookies']): Sticky | undefined {
  const [, word = text, seconds] = /^(duration)=([1-9]\d*)$/.exec(text) ?? [];
  const mode = oneOf('--sticky', ['none', ...STICKY], word);
  return mode === 'none'
    ? undefined
    : stickyBy(mode, like, seconds === undefined ? undefined : Number(seconds));
}
