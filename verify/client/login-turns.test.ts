import { describe, expect, it } from 'vitest';
import { LoginTurns } from './login-turns.ts';

/** Starts logins, and returns those that may run. */
async function started(turns: LoginTurns, names: readonly string[]) {
  const running: { name: string; end: (duration: number | undefined) => void }[] = [];
  for (const name of names)
    void turns.turn(name.slice(0, 1)).then(end => {
      running.push({ name, end });
    });
  await Promise.resolve();
  await new Promise(setImmediate);
  return running;
}

async function measured(duration: number): Promise<LoginTurns> {
  const turns = new LoginTurns();
  (await turns.turn('r'))(duration);
  return turns;
}

const NAMES = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'c1'];

describe('concurrent logins', () => {
  it('are not limited before a login was measured, or if logins are fast', async () => {
    expect(await started(new LoginTurns(), NAMES)).toHaveLength(8);
    expect(await started(await measured(100), NAMES)).toHaveLength(8);
  });

  it('are as many as fit into 4 s, but at least two', async () => {
    expect(await started(await measured(1_000), NAMES)).toHaveLength(4);
    expect(await started(await measured(9_000), NAMES)).toHaveLength(2);
  });

  it('start in turn by workload when others have ended', async () => {
    const turns = await measured(2_000);
    const running = await started(turns, NAMES);
    for (let i = 0; i < 4; i++) {
      running[i]?.end(i === 0 ? undefined : 2_000);
      await new Promise(setImmediate);
    }
    expect(running.map(({ name }) => name)).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'a4']);
  });

  it('are more if a later login is faster', async () => {
    const turns = await measured(2_000);
    const running = await started(turns, NAMES);
    running[0]?.end(500);
    await new Promise(setImmediate);
    expect(running).toHaveLength(8);
  });
});
