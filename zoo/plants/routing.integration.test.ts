import { expect } from 'vitest';
import { until } from '../../stack/wait.ts';
import { plant, soon } from '../testing/plant.ts';
import type { Visitor } from '../testing/visitor.ts';

async function served(visitor: Visitor, requests: number): Promise<Set<string | null>> {
  await visitor.signIn();
  const answers = [];
  for (let n = 0; n < requests; n++) answers.push(await visitor.send(visitor.target.signedIn.page));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  return new Set(answers.map(({ headers }) => headers.get('x-instance-id')));
}

plant('affinity-left-on', {
  'each session stays on one instance': async ({ visitor }) => {
    const seen = new Set<string | null>();
    await until(async () => {
      const instances = await served(visitor(), 8);
      expect(instances.size).toBe(1);
      for (const instance of instances) seen.add(instance);
      return seen.size === 2;
    }, soon('a session on the other instance'));
  },
});

plant('sticky-by-connection', {
  'a session changes its instance with its connection': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    const seen = new Set<string | null>();
    await until(async () => {
      const { page } = alice.target.signedIn;
      const answer = await alice.send(page, { headers: { connection: 'close' } });
      seen.add(answer.headers.get('x-instance-id'));
      return seen.size === 2;
    }, soon('a connection that leads to the other instance'));
  },
});

plant('instance-id-in-image', {
  'both instances have the name of the first': async ({ visitor, direct }) => {
    for (const url of direct) {
      const answer = await visitor(0, [url]).send('/login');
      expect(answer.headers.get('x-instance-id')).toBe('app-1');
    }
  },
});
