/** Tests the session store on every common version of Redis and Valkey, each in a container. */
import type { Redis } from 'ioredis';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { containersOf, prepareEngine, whyNot } from '../../stack/testing/containers.ts';
import { used } from '../../tests/used.ts';
import { attributes, clients, create, destroy, load, loadExisting, save } from '../testing/sessions.ts';
import { SessionGoneError } from './errors.ts';
import { RedisAttributesStore } from './redis-attributes.ts';

const IMAGES = [
  'redis:6.2-bookworm',
  'redis:7.4-bookworm',
  'redis:8.2-bookworm',
  'valkey/valkey:8',
  'valkey/valkey:9',
].map(image => ({ image, why: whyNot(image) }));

describe.each(IMAGES.map(one => ({ ...one, title: one.why ? `${one.image}: ${one.why}` : one.image })))(
  '$title',
  ({ image, why }) => {
    let server: StartedTestContainer | undefined;
    let one: RedisAttributesStore;
    let other: RedisAttributesStore;
    let open: Redis[] = [];

    beforeAll(async () => {
      if (why !== '') return;
      prepareEngine();
      server = await new GenericContainer(image)
        .withExposedPorts(6379)
        .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
        .start();
    });

    beforeEach(context => {
      context.skip(server === undefined, why);
      open = clients(`redis://127.0.0.1:${server?.getMappedPort(6379)}`, 2);
      const [a, b] = open;
      if (!a || !b) throw new Error('expected two clients');
      one = new RedisAttributesStore({ client: a });
      other = new RedisAttributesStore({ client: b });
    });

    afterEach(async () => {
      await open[0]?.flushall();
      for (const client of open.splice(0)) client.disconnect();
    });

    afterAll(async () => {
      await server?.stop();
    });

    test('it is that version, or a stand-in that the test run reports', async () => {
      const info = (await open[0]?.info('server')) ?? '';
      const version = /valkey_version:(\S+)/.exec(info)?.[1] ?? /redis_version:(\S+)/.exec(info)?.[1] ?? '';
      const promised = /:([\d.]+)/.exec(image)?.[1] ?? '';
      if (!version.startsWith(promised))
        used('containers', `${image} is a stand-in here, with Redis ${version}`);
      expect(version).toMatch(/^\d/);
    });

    test('another instance loads what one instance saved', async () => {
      await save(create(one, 's', { user: 'alice', count: 3, list: [1, null, 'x'] }));
      expect(attributes(await loadExisting(other, 's'))).toEqual({
        user: 'alice',
        count: 3,
        list: [1, null, 'x'],
      });
    });

    test('concurrent requests that write different attributes lose none', async () => {
      await save(create(one, 's', { user: 'alice' }));
      const [a, b] = await Promise.all([loadExisting(one, 's'), loadExisting(other, 's')]);
      Object.assign(a, { first: 1 });
      Object.assign(b, { second: 2 });
      await Promise.all([save(a), save(b)]);
      expect(attributes(await loadExisting(one, 's'))).toEqual({ user: 'alice', first: 1, second: 2 });
    });

    test('a save after a logout does not revive the session', async () => {
      await save(create(one, 's', { user: 'alice' }));
      const late = await loadExisting(other, 's');
      await destroy(one, 's');
      Object.assign(late, { late: true });
      await expect(save(late)).rejects.toThrow(SessionGoneError);
      expect(await load(one, 's')).toBeUndefined();
    });

    test('a session expires', async () => {
      await save(create(one, 's', { user: 'alice' }));
      const [redis] = open;
      expect(await redis?.pttl('sess:s')).toBeGreaterThan(0);
      await redis?.pexpire('sess:s', 1);
      await expect.poll(() => load(other, 's')).toBeUndefined();
    });
  },
);

used('containers', containersOf('redis:8.2-bookworm'));
