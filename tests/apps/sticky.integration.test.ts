/** Tests what `baton init` writes about a balancer that pins clients. */
import { describe, expect, it } from 'vitest';
import { startLocalStack } from '../../stack/local.ts';
import { stickyBy } from '../../stack/sticky.ts';
import { found } from './found.ts';
import type { AppRequest, How, InstanceName } from './serve.ts';
import { type Session, SmallApp } from './small-app.ts';
import { judged, those, withApp } from './verified.ts';

const either = (text: string): InstanceName => (text.charCodeAt(text.length - 1) % 2 === 0 ? 'one' : 'two');
const inTurn = (n: number): InstanceName => (n % 2 === 0 ? 'one' : 'two');

/** Pins a client by cookies, which contain the instance's name. */
const byCookies = (...names: string[]): How => ({
  balance: ({ cookies }, n) => {
    const name = names.find(one => cookies[one] !== undefined);
    const instance = name === undefined ? inTurn(n) : either(cookies[name] ?? '');
    const value = instance === 'one' ? 'x2' : 'x1';
    return { instance, cookies: names.map(one => `${one}=${value}; Path=/`) };
  },
});

/** Keeps sessions in the memory of each instance. No client notices this while the balancer pins clients. */
class Local extends SmallApp {
  override knows({ born }: Session, { instance }: AppRequest): boolean {
    return born === instance;
  }
}

describe.each([
  ['one cookie', ['SERVERID'], 'SERVERID'],
  ['two cookies that name the instance', ['AWSALB', 'AWSALBCORS'], 'AWSALB'],
])('a balancer that keeps its clients by %s', (_, cookies, by) => {
  it('is recognised, and so is the way to turn it off', async () => {
    await withApp(
      new Local(),
      async served => {
        const { file, text, said } = await found(served);
        expect(file['instance']).toEqual({ header: 'x-instance', sticky: by });
        expect(file['claims']).toContainEqual({ routing: 'sticky' });
        expect(said).toContainEqual(`instances   one, two (header x-instance); sticky by ${by}`);
        expect(those(await judged(text, { workloads: ['hop'] }), 'violated')).toEqual([]);
        const off = await judged(text, { workloads: ['hop'], affinity: 'off' });
        expect(those(off, 'violated')).toContain('continuity');
      },
      byCookies(...cookies),
    );
  });
});

it('a balancer that pins clients by the session cookie: init writes no way to turn this off', async () => {
  const balance: How['balance'] = ({ cookies: { sid } }, n) => ({ instance: sid ? either(sid) : inTurn(n) });
  await withApp(
    new SmallApp(),
    async served => {
      const { file, text } = await found(served);
      expect(file['instance']).toEqual({ header: 'x-instance' });
      expect(file['claims']).toContainEqual({ routing: 'sticky' });
      expect(text).toMatch(/by the cookie sid, which carries the session/);
    },
    { balance },
  );
});

it('a balancer that pins each connection: the target file claims nothing that needs handoffs', async () => {
  const balance: How['balance'] = (_asked, _n, connection) => ({ instance: inTurn(connection) });
  await withApp(
    new SmallApp(),
    async served => {
      const { file, text, said } = await found(served);
      expect(file['instance']).toBeUndefined();
      expect(said.find(line => line.startsWith('instances'))).toContain('the balancer pins each connection');
      expect(text).toContain('pins each connection to an instance');
    },
    { balance },
  );
});

it('a balancer that pins clients by their address looks as if there were only one instance', async () => {
  await withApp(
    new SmallApp(),
    async served => {
      const { said } = await found(served);
      expect(said).toContainEqual('instances   all responses came from one (header x-instance)');
    },
    { balance: () => ({ instance: 'one' }) },
  );
});

it('init recognises the sticky cookie of nginx, and claims `sticky` for the card store with sessions in memory', async () => {
  const stack = await startLocalStack({
    port: 'any',
    sticky: stickyBy('duration', 'alb'),
    env: { SESSION_STORE: 'memory', SCRYPT_COST: '2' },
  });
  try {
    const accounts = ['alice', 'bob'].map(name => ({
      user: `${name}@example.test`,
      password: 'correct-horse-battery',
      passwordEnv: 'CARDS',
    }));
    const { file } = await found(
      { url: stack.url, addresses: {}, asked: [], stop: async () => {} },
      { accounts },
    );
    expect(file).toMatchObject({
      instance: { header: 'x-instance-id', sticky: 'AWSALB' },
      claims: ['sticky'],
    });
  } finally {
    await stack.stop();
  }
});
