/** Tests the example of docs/k6.md: the verified script finds a defect that the plain script does not notice. */
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { startLocalStack } from '../stack/local.ts';
import type { Stack } from '../stack/stack.ts';
import { used } from '../tests/used.ts';
import { double, REAL_K6, realK6 } from './testing/scripts.ts';

const runner = realK6 ?? double;
const run = (script: string, { url }: Stack) =>
  runner.run(fileURLToPath(new URL(`./examples/${script}.ts`, import.meta.url)), {
    BASE_URL: url,
    DURATION: '3s',
    NO_COLOR: '1',
    P95: '60000',
  });

let stack: Stack | undefined;
afterAll(() => stack?.stop());

describe('a plain script and its verified version', () => {
  it('both pass on the shipped app', async () => {
    stack = await startLocalStack({ port: 'any', env: { SCRYPT_COST: '2' } });
    // The plain script follows a redirect after the login, but the fake k6 cannot follow redirects.
    if (realK6 !== undefined) expect((await run('plain', stack)).code).toBe(0);
    const verified = await run('verified', stack);
    expect(verified.stdout).toContain(' VALID  all 3 claimed guarantees hold');
    expect(verified.stdout).toMatch(/✓ read-your-writes +valid/);
    expect(verified.code).toBe(0);
    await stack.stop();
  });

  it('only the verified script fails if each instance keeps sessions in its own memory', async () => {
    stack = await startLocalStack({ port: 'any', env: { SCRYPT_COST: '2', SESSION_STORE: 'memory' } });
    if (realK6 !== undefined) expect((await run('plain', stack)).code).toBe(0);
    const verified = await run('verified', stack);
    expect(verified.stdout).toMatch(/✗ continuity +violated/);
    expect(verified.code).toBe(99);
  });
});

used('real k6', REAL_K6);
