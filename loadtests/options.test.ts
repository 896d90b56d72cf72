import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { optionsOf } from './testing/double.ts';

const SCRIPTS = [
  'dashboard',
  'journey',
  'soak',
  'spike',
  'breakpoint',
  'deploy',
  'logout-storm',
  'mixed-users',
];
const of = (script: string, env: Record<string, string> = {}) =>
  optionsOf(fileURLToPath(new URL(`./${script}.ts`, import.meta.url)), env);

const P95 = 'http_req_duration{phase:load}';

describe.each(SCRIPTS)('%s', script => {
  it('limits failed requests, response times and dropped iterations', async () => {
    const { thresholds } = await of(script, { RATE: '100', DURATION: '10s' });
    expect(thresholds?.['http_req_failed']).toEqual(['rate<=0.01']);
    expect(thresholds?.[P95]).toEqual(script === 'breakpoint' ? [] : ['p(95)<2000']);
    // The script spike sends 2.8 times RATE on average. In the script breakpoint, the rate rises from 0 to RATE.
    const mean = { spike: 2.8, breakpoint: 0.5 }[script] ?? 1;
    const [dropped] = thresholds?.['dropped_iterations'] ?? [];
    expect(Number(String(dropped).replace('rate<=', ''))).toBeCloseTo(mean);
    expect(thresholds?.['baton_attempts']).toEqual(
      script === 'breakpoint' ? [{ threshold: 'count>=100', abortOnFail: false }] : ['count>=100'],
    );
  });

  it('has the limits that environment variables set', async () => {
    const { thresholds } = await of(script, { RATE: '100', ERRORS: '0.2', P95: '300', DROPPED: '0.5' });
    expect(thresholds).toMatchObject({ http_req_failed: ['rate<=0.2'], [P95]: ['p(95)<300'] });
    expect(thresholds?.['dropped_iterations']).not.toEqual(['rate<=1']);
  });

  it('starts USERS virtual users, or iterations at RATE', async () => {
    const steady = await of(script, { USERS: '3', DURATION: '7s' });
    if (['spike', 'breakpoint'].includes(script)) expect(steady.scenarios?.['load']?.preAllocatedVUs).toBe(3);
    else expect(steady).toMatchObject({ vus: 3, duration: '7s' });
    const { scenarios } = await of(script, { USERS: '3', RATE: '50' });
    expect(scenarios?.['load']).toMatchObject({ preAllocatedVUs: 3, maxVUs: 3 });
    // The script journey logs in as a part of each visit.
    if (script !== 'journey') expect(scenarios?.['login']).toMatchObject({ vus: 3, exec: 'login' });
  });
});

it('breakpoint ends with the first violation, or when a step takes longer than BUDGET', async () => {
  const { thresholds } = await of('breakpoint', { BUDGET: '300' });
  expect(thresholds?.['baton_down']).toEqual([{ threshold: 'count==0', abortOnFail: true }]);
  expect(thresholds?.['http_req_duration{part:10}']).toEqual([
    { threshold: 'p(95)<300', abortOnFail: true, delayAbortEval: '10s' },
  ]);
});

it.each([
  ['deploy', { baton_gap: ['max<=1000'] }],
  ['soak', {}],
])('a run of %s is one fault window: its budget limits the failed requests', async (script, limits) => {
  const { thresholds } = await of(script, { BUDGET: '1000' });
  expect(thresholds).toMatchObject(limits);
  expect(thresholds).not.toHaveProperty('baton_down');
});
