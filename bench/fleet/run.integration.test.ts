/** Runs only in `npm run test:long`, because the command takes half a minute. */
import { expect, it } from 'vitest';
import { allGone, Baton } from '../../verify/testing/baton.ts';

const measure = (...args: string[]): Baton => new Baton(args, {}, 'bench/fleet.ts');

it.runIf(process.env['BATON_SHARE'])('seed: everything agrees, or differs for a known reason', async () => {
  const { stdout, code } = await measure('--profile', 'seed').finished;
  expect(stdout).toMatch(/^2\d agree, 3 differ as documented$/m);
  expect(stdout).toContain('divided by 10 (--speedup)');
  expect(code).toBe(0);
});

it.runIf(process.env['BATON_SHARE'])('Ctrl-C leaves nothing running', async () => {
  const run = measure('--profile', 'nginx');
  await run.says(/nginx: /);
  const below = run.descendants().map(({ pid }) => pid);
  run.kill('SIGINT');
  expect((await run.finished).code).toBe(130);
  await allGone(below);
});

it('an unknown profile: the error lists the profiles', async () => {
  const { stderr, code } = await measure('--profile', 'gce').finished;
  expect(stderr).toContain('--profile: expected seed, classic-elb, alb, nginx; got "gce"');
  expect(code).toBe(64);
});
