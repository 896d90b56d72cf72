/** Measures what the balancer does when an instance fails, and how it chooses instances. */
import { heldBy, type Rig } from './rig.ts';
import type { ConformanceStage, Scene } from './scene.ts';

const BOTH = ['app-1', 'app-2'];
const WITHIN_MS = 20_000;
const OTHER = 'the other instance answers';

/**
 * Sends requests to a path at which only app-1 misbehaves. Returns the error status, or OTHER if app-2 served all
 * requests.
 */
async function misbehaving(rig: Rig, path: string, init: Parameters<Rig['get']>[1] = {}): Promise<string> {
  // Waits for app-1, because the balancer may send it no requests for a moment after an earlier failure.
  await rig.answeredBy(BOTH, WITHIN_MS);
  const answers = await rig.answers(4, `${path}?only=app-1`, init);
  return answers.find(answer => /^\d/.test(answer)) ?? OTHER;
}

export const failures: Scene = {
  name: 'failures of an instance',
  fits: () => true,
  async play(stage) {
    await closed(stage);
    await silent(stage);
    await choice(stage);
    if (stage.profile.cookies !== undefined) await forwarded(stage);
    await noInstances(stage);
  },
};

async function closed({ rig, profile, row }: ConformanceStage): Promise<void> {
  const expected = { classic: '504', alb: '502', nginx: undefined }[profile.cookies ?? 'nginx'];
  const get = await misbehaving(rig, '/close');
  row('an instance closes the connection on a GET', expected ?? OTHER, get);
  row(
    'the same on a POST',
    expected ?? '502',
    await misbehaving(rig, '/close', { method: 'POST', body: 'x' }),
  );
  const known =
    profile.cookies === 'classic' ? 'nginx treats such a response as a closed connection' : undefined;
  row('a response that cannot be read', '502', await misbehaving(rig, '/garbage'), { known });
}

async function silent({ rig, profile, pace, row }: ConformanceStage): Promise<void> {
  await rig.answeredBy(BOTH, WITHIN_MS);
  const [a, b] = await Promise.all([rig.get('/silent?only=app-1'), rig.get('/silent?only=app-1')]);
  const slow = a.ms > b.ms ? a : b;
  const expected = profile.cookies === undefined ? 200 : 504;
  const { idleMs } = profile.failures;
  const after = (status: number, ms: number) =>
    `${status === 200 ? OTHER : status} after ${pace.seconds(ms)}`;
  row('an instance sends nothing', after(expected, idleMs), after(slow.status, slow.ms), {
    agrees: slow.status === expected && pace.fits(slow.ms, idleMs, idleMs),
  });
}

/**
 * One of two instances is busy. Least-outstanding sends all requests to the idle instance, round-robin every second
 * request.
 */
async function choice({ rig, profile, row }: ConformanceStage): Promise<void> {
  await rig.answeredBy(BOTH, WITHIN_MS);
  const first = rig.first();
  const held = await heldBy(rig, first);
  let toBusy = 0;
  for (let i = 0; i < 12; i++) if ((await rig.get()).text === first.name) toBusy += 1;
  await rig.control(first, 'release');
  await held.answer;
  const turns = profile.choice === 'round-robin';
  row(
    'one instance has a request in flight, the other none',
    turns ? 'the instances take turns' : 'the instance without requests gets the next one',
    `${toBusy} of 12 requests to the busy one`,
    { agrees: turns ? toBusy === 6 : toBusy <= 1 },
  );
}

async function forwarded({ rig, profile, row }: ConformanceStage): Promise<void> {
  const { text } = await rig.get('/headers', { headers: { 'x-forwarded-for': '192.0.2.1' } });
  const headers: Record<string, string> = JSON.parse(text);
  const measured = headers['x-forwarded-for'] ?? 'nothing';
  row('X-Forwarded-For of a client', '192.0.2.1, 127.0.0.1', measured, {
    known: 'the stack trusts no client, because no proxy is before its balancer',
  });
  if (profile.cookies !== 'alb') return;
  row('X-Amzn-Trace-Id', 'set', headers['x-amzn-trace-id'] === undefined ? 'absent' : 'set', {
    known: 'the stack names requests by X-Request-Id',
  });
}

async function noInstances({ rig, profile, row }: ConformanceStage): Promise<void> {
  for (const instance of rig.stack.instances()) await rig.stack.balancer.deregister(instance);
  const { status } = await rig.get();
  row('no instance is registered', profile.cookies === undefined ? '502' : '503', String(status));
}
