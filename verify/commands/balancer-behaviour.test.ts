import { describe, expect, it } from 'vitest';
import { parseBalancerBehaviour } from './balancer-behaviour.ts';

describe('the options of the stack', () => {
  it('no options: no profile and no stickiness', () => expect(parseBalancerBehaviour({}, 2)).toEqual({}));

  it('a profile, faster', () => {
    const { profile } = parseBalancerBehaviour({ profile: 'alb', speedup: '10' }, 3);
    expect(profile).toMatchObject({ name: 'alb', check: { everyMs: 3_000 } });
  });

  it.each([
    ['duration', undefined, 'route'],
    ['duration=5', 'seed', 'AWSELB'],
    ['application', 'alb', 'AWSALBAPP'],
    ['duration', 'alb', 'AWSALB'],
    ['application', 'nginx', 'route'],
    ['hash', 'seed', 'route'],
    ['none', 'seed', undefined],
  ])('sticky by %s, profile %s: the cookie %s', (sticky, profile, cookie) => {
    expect(parseBalancerBehaviour({ sticky, profile }, 2).sticky?.cookie).toBe(cookie);
  });

  it('a sticky cookie has the given lifetime', () => {
    const { sticky } = parseBalancerBehaviour({ sticky: 'duration=5' }, 2);
    expect(sticky?.additions.http).toContain('Max-Age=5;');
  });

  it.each([
    [{ profile: 'gce' }, '--profile: expected seed, classic-elb, alb, nginx; got "gce"'],
    [{ speedup: '2' }, '--speedup: expected --profile too, because --speedup divides the times of a profile'],
    [{ profile: 'alb', speedup: '0.5' }, '--speedup: expected a number from 1 to 100, got "0.5"'],
    [{ sticky: 'glue' }, '--sticky: expected none, duration, application, hash; got "glue"'],
    [{ sticky: 'duration=0' }, '--sticky: expected none, duration, application, hash; got "duration=0"'],
    [{ profile: 'seed' }, '--instances: expected exactly 2 with --profile seed, got 3'],
  ])('%j', (words, message) => {
    expect(() => parseBalancerBehaviour(words, 3)).toThrow(message);
  });
});
