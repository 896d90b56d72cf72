import { beforeEach, describe, expect, it } from 'vitest';
import type { Operation } from '../core/history/history.ts';
import { runLine } from '../core/testing/picture.ts';
import type { verify } from '../run.ts';
import { parseTarget } from '../target/load.ts';
import { Gate } from './gate.ts';

type VerifyOptions = NonNullable<Parameters<typeof verify>[1]>;

interface Begun {
  options: VerifyOptions;
  end(error?: Error): void;
}

const begun: Begun[] = [];
let running = 0;
let most = 0;

const run: typeof verify = async (_target, options = {}) => {
  most = Math.max(most, ++running);
  try {
    await new Promise<void>((resolve, reject) => {
      options.signal?.addEventListener('abort', () => resolve());
      begun.push({ options, end: error => (error ? reject(error) : resolve()) });
    });
  } finally {
    running--;
  }
  return { folder: 'runs/r' } as Awaited<ReturnType<typeof verify>>;
};

const TARGET = JSON.stringify({
  version: 1,
  url: 'http://127.0.0.1:1',
  accounts: [{ user: 'a', password: 'b' }],
  login: { page: '/login', path: '/login', form: {} },
  signedIn: { page: '/', user: 'user=(.*)' },
  instance: { header: 'x-instance-id', version: { header: 'x-app-version' } },
});

let gate: Gate;

beforeEach(() => {
  begun.length = 0;
  most = 0;
  const options = { sessions: 1, rate: 1, window: 60_000, out: 'runs', run };
  gate = new Gate(parseTarget(TARGET, 'shop.yaml', {}), options);
});

function becomeValid({ options }: Begun): void {
  options.onEvent?.(runLine());
  options.onPhase?.('load');
  const operation = (id: number, cohort: string, more: Partial<Operation>) =>
    options.onOperation?.({
      type: 'op',
      id,
      clock: 'm',
      client: 's',
      session: 's',
      user: 'a',
      action: 'read',
      request: String(id),
      call: id,
      return: id + 1,
      outcome: 'ok',
      status: 200,
      signedIn: 'in',
      cohort,
      ...more,
    } as Operation);
  operation(1, 'v1', { action: 'login', status: 303 });
  operation(2, 'v1', {});
  for (let id = 3; id < 30; id++) operation(id, 'v2', {});
}

describe('a run that has ended is unknown, although its evidence was valid', () => {
  it('after an unexpected end, with the reason', async () => {
    await gate.start();
    const [run] = begun as [Begun];
    becomeValid(run);
    expect(gate.status()).toMatchObject({ state: 'running', verdict: 'valid' });
    run.end(new Error('no space left on the device'));
    await expect.poll(() => gate.status().state).toBe('stopped');
    expect(gate.status()).toMatchObject({ verdict: 'unknown', why: 'no space left on the device' });
    expect((await gate.stop()).verdict).toBe('unknown');
  });

  it('as soon as it is stopped, while stop() returns the last verdict', async () => {
    await gate.start();
    becomeValid(begun[0] as Begun);
    const stopped = gate.stop();
    await Promise.resolve();
    expect(gate.status()).toMatchObject({ state: 'stopped', verdict: 'unknown' });
    expect((await stopped).verdict).toBe('valid');
    expect(gate.status().why).toBe('the run has ended: POST /start starts another one');
    expect((await gate.stop()).verdict).toBe('valid');
  });
});

it('two starts at once leave one run, and a stop during a start ends that run', async () => {
  await Promise.all([gate.start(), gate.start(), gate.start()]);
  expect([begun.length, most, running]).toEqual([3, 1, 1]);
  const starting = gate.start();
  await Promise.all([starting, gate.stop()]);
  expect([begun.length, most, running]).toEqual([4, 1, 0]);
  expect(gate.status().state).toBe('stopped');
});
