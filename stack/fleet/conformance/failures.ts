/** What the balancer answers where an instance gives no answer, and whom it asks. */
import { heldBy, type Rig } from './rig.ts';
import type { Scene, Stage } from './scene.ts';

const BOTH = ['app-1', 'app-2'];
const WITHIN_MS = 20_000;

/** Asks for a path at which the first instance misbehaves, until each had its turn. */
async function misbehaving(rig: Rig, path: string, init: RequestInit = {}): Promise<string[]> {
  // One that failed may be out of turn for a moment.
  await rig.answeredBy(BOTH, WITHIN_MS);
  return rig.answers(4, `${path}?only=app-1`, init);
}

/** @param status undefined: the other instance answers in its place */
const told = (status: string | undefined): string => status ?? 'the other instance answers';
const seen = (answers: string[]): string => told(answers.find(answer => /^\d/.test(answer)));

export const failures: Scene = {
  name: 'failures of an instance',
  fits: () => true,
  async play(stage) {
    await closed(stage);
    await malformed(stage);
    await silent(stage);
    await choice(stage);
    if (stage.profile.cookies !== undefined) await forwarded(stage);
    await nobody(stage);
  },
};

async function closed({ rig, profile, row }: Stage): Promise<void> {
  const expected = { classic: '504', alb: '502', nginx: undefined }[profile.cookies ?? 'nginx'];
  const get = seen(await misbehaving(rig, '/close'));
  row({
    what: 'an instance closes the connection on a GET',
    ...{ documented: told(expected), measured: get, agrees: get === told(expected) },
  });
  const post = seen(await misbehaving(rig, '/close', { method: 'POST', body: 'x' }));
  const forPost = expected ?? '502';
  row({
    what: 'the same on a POST',
    ...{ documented: forPost, measured: post, agrees: post === forPost },
  });
}

async function malformed({ rig, profile, row }: Stage): Promise<void> {
  const measured = seen(await misbehaving(rig, '/garbage'));
  row({
    what: 'a response that cannot be read',
    ...{ documented: '502', measured, agrees: measured === '502' },
    ...(profile.cookies === 'classic' && {
      known: 'nginx does not tell it from a connection that was closed',
    }),
  });
}

async function silent({ rig, profile, pace, row }: Stage): Promise<void> {
  await rig.answeredBy(BOTH, WITHIN_MS);
  const [a, b] = await Promise.all([rig.get('/silent?only=app-1'), rig.get('/silent?only=app-1')]);
  const slow = a.ms > b.ms ? a : b;
  const expected = profile.cookies === undefined ? 200 : 504;
  const { idleMs } = profile.failures;
  const what = (status: number) => (status === 200 ? 'the other instance answers' : String(status));
  row({
    what: 'an instance says nothing',
    documented: `${what(expected)} after ${pace.told(idleMs)}`,
    measured: `${what(slow.status)} after ${pace.told(slow.ms)}`,
    agrees: slow.status === expected && pace.fits(slow.ms, idleMs, idleMs),
  });
}

/** With one instance busy, a balancer that counts sends it nothing more; one that takes turns sends it every other. */
async function choice({ rig, profile, row }: Stage): Promise<void> {
  await rig.answeredBy(BOTH, WITHIN_MS);
  const first = rig.first();
  const held = await heldBy(rig, first);
  let toBusy = 0;
  for (let i = 0; i < 12; i++) if ((await rig.get()).text === first.name) toBusy += 1;
  await rig.tell(first, 'release');
  await held.answer;
  const turns = profile.choice === 'round-robin';
  row({
    what: 'one instance has a request outstanding, the other none',
    documented: turns ? 'they take turns' : 'the one with fewer is asked',
    measured: `${toBusy} of 12 requests to the busy one`,
    agrees: turns ? toBusy === 6 : toBusy <= 1,
  });
}

async function forwarded({ rig, profile, row }: Stage): Promise<void> {
  const { text } = await rig.get('/headers', { headers: { 'x-forwarded-for': '192.0.2.1' } });
  const headers: Record<string, string> = JSON.parse(text);
  const measured = headers['x-forwarded-for'] ?? 'nothing';
  row({
    what: 'X-Forwarded-For of a client',
    ...{ documented: '192.0.2.1, 127.0.0.1', measured, agrees: measured === '192.0.2.1, 127.0.0.1' },
    known: 'the stack believes no client, for nothing is before its balancer',
  });
  if (profile.cookies !== 'alb') return;
  const trace = headers['x-amzn-trace-id'] === undefined ? 'absent' : 'set';
  row({
    what: 'X-Amzn-Trace-Id',
    ...{ documented: 'set', measured: trace, agrees: trace === 'set' },
    known: 'the stack names requests by X-Request-Id',
  });
}

async function nobody({ rig, profile, row }: Stage): Promise<void> {
  for (const instance of rig.stack.instances()) await rig.stack.balancer.deregister(instance);
  const expected = profile.cookies === undefined ? '502' : '503';
  const measured = String((await rig.get()).status);
  row({
    what: 'no instance is registered',
    ...{ documented: expected, measured, agrees: measured === expected },
  });
}
