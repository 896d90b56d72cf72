import { expect, it } from 'vitest';
import { Picture } from '../testing/picture.ts';

const DOWN = { status: 503, signedIn: undefined, sawUser: undefined, outcome: 'fail' } as const;

it('counts the requests, the lost sessions and the new logins of a fault', () => {
  const picture = new Picture({ claims: ['survival'] });
  const alice = picture.session('s1', 'alice').login('app-1').read('app-1', []);
  const bob = picture.session('s2', 'bob').login('app-2').read('app-2', []);
  picture.disturb(1, 'kill', { where: 'app-1' });
  const begun = picture.now;
  const asked = picture.now;
  alice.read('app-1', [], DOWN).read('app-1', [], DOWN).read('app-2', []);
  const answered = picture.now;
  bob.signedOut('app-1');
  picture.session('s3', 'bob').login('app-1');
  for (const event of picture.events) if ('client' in event && event.session === 's3') event.client = 's2';
  const duration = picture.now - begun;
  picture.heal(1, { healthy: true }).wait(1).phase('final');
  alice.read('app-1', []);
  const faults = picture.finish().result().faults ?? [];
  expect(faults).toMatchObject([
    {
      id: 1,
      name: 'kill',
      where: 'app-1',
      bit: true,
      healthy: true,
      requests: 5,
      failed: 2,
      relogins: 1,
      duration,
      sessions: { survived: 1, of: 2 },
    },
  ]);
  // One of two sessions is lost. This proves neither that most sessions survive, nor that most are lost.
  expect(faults[0]?.sessions.atLeast).toBeGreaterThan(0);
  expect(faults[0]?.sessions.atLeast).toBeLessThan(0.5);
  // The client's wait lasts from the call of the first of its three requests to the return of the third.
  expect(faults[0]?.wait.longest).toBe(answered - asked - 500);
  expect(faults[0]?.wait.p99).toBe(faults[0]?.wait.longest);
  // The gap lasts from the first failed request of alice to the next successful request of any client.
  expect(faults[0]?.gap).toBe(answered - asked - 500);
});

it('reports what the fault did, and a heal that failed', () => {
  const picture = new Picture({ claims: ['survival', 'availability'] });
  picture.session('s1', 'alice').login('app-1');
  picture.disturb(1, 'stop', { where: 'app-1' }).wait(1);
  picture.heal(1, { did: 'app-1 stopped', healthy: false, healed: false }).wait(1).phase('final');
  const { faults, remarks } = picture.finish().result();
  expect(faults).toMatchObject([{ did: 'app-1 stopped', healthy: false, healed: false }]);
  expect(remarks).toEqual(['stop of app-1 could not be healed: what it disturbed may still be disturbed']);
});

it('has no duration if the fault never ended', () => {
  const picture = new Picture({ claims: ['survival'] });
  picture.session('s1', 'alice').login('app-1');
  picture.disturb(1, 'kill');
  expect(picture.finish().result().faults?.[0]).not.toHaveProperty('duration');
});

it('is absent in a run without faults', () => {
  const picture = new Picture();
  picture.session('s1', 'alice').login('app-1').read('app-1', []);
  expect(picture.finish().result().faults).toBeUndefined();
});
