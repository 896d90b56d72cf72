/** A scene that measures the balancer's response when an instance fails, and which instance it chooses. */
import { heldBy, type Rig } from './rig.ts';
import type { ConformanceStage, Scene } from './scene.ts';

const BOTH = ['app-1', 'app-2'];
const WITHIN_MS = 20_000;

/** Requests a path at which only the first instance misbehaves, until each instance has received a request. */
async function misbehaving(rig: Rig, path: string, init: RequestInit = {}): Promise<string[]> {
  // An instance that failed may get no requests for a moment.
  await rig.answeredBy(BOTH, WITHIN_MS);
  return rig.answers(4, `${path}?only=app-1`, init);
}

/** Returns the text of a result. @param status undefined if the other instance responded */
const resultText = (status: string | undefined): string => status ?? 'the other instance answers';
const seen = (answers: string[]): string => resultText(answers.find(answer => /^\d/.test(answer)));

export const failures: Scene = {
  name: 'failures of an instance',
  fits: () => true,
  async play(stage) {
    await closed(stage);
    await malformed(stage);
    await silent(stage);
    await choice(stage);
    if (stage.profile.cookies !== undefined) await forwarded(stage);
    await noInstances(stage);
  },
};

async function closed({ rig, profile, row }: ConformanceStage): Promise<void> {
  const expected = { classic: '504', alb: '502', nginx: undefined }[profile.cookies ?? 'nginx'];
  const get = seen(await misbehaving(rig, '/close'));
  row({
    what: 'an instance closes the connection on a GET',
    ...{ documented: resultText(expected), measured: get, agrees: get === resultText(expected) },
  });
  const post = seen(await misbehaving(rig, '/close', { method: 'POST', body: 'x' }));
  const forPost = expected ?? '502';
  row({
    what: 'the same on a POST',
    ...{ documented: forPost, measured: post, agrees: post === forPost },
  });
}

async function malformed({ rig, profile, row }: ConformanceStage): Promise<void> {
  const measured = seen(await misbehaving(rig, '/garbage'));
  row({
    what: 'a response that cannot be read',
    ...{ documented: '502', measured, agrees: measured === '502' },
    ...(profile.cookies === 'classic' && {
      known: 'nginx does not distinguish it from a closed connection',
    }),
  });
}

async function silent({ rig, profile, pace, row }: ConformanceStage): Promise<void> {
  await rig.answeredBy(BOTH, WITHIN_MS);
  const [a, b] = await Promise.all([rig.get('/silent?only=app-1'), rig.get('/silent?only=app-1')]);
  const slow = a.ms > b.ms ? a : b;
  const expected = profile.cookies === undefined ? 200 : 504;
  const { idleMs } = profile.failures;
  const what = (status: number) => (status === 200 ? 'the other instance answers' : String(status));
  row({
    what: 'an instance sends nothing',
    documented: `${what(expected)} after ${pace.seconds(idleMs)}`,
    measured: `${what(slow.status)} after ${pace.seconds(slow.ms)}`,
    agrees: slow.status === expected && pace.fits(slow.ms, idleMs, idleMs),
  });
}

/** While one instance is busy, least-outstanding sends all requests to the other, and round-robin every second one. */
async function choice({ rig, profile, row }: ConformanceStage): Promise<void> {
  await rig.answeredBy(BOTH, WITHIN_MS);
  const first = rig.first();
  const held = await heldBy(rig, first);
  let toBusy = 0;
  for (let i = 0; i < 12; i++) if ((await rig.get()).text === first.name) toBusy += 1;
  await rig.control(first, 'release');
  await held.answer;
  const turns = profile.choice === 'round-robin';
  row({
    what: 'one instance has a request outstanding, the other none',
    documented: turns ? 'they take turns' : 'the one with fewer gets the request',
    measured: `${toBusy} of 12 requests to the busy one`,
    agrees: turns ? toBusy === 6 : toBusy <= 1,
  });
}

async function forwarded({ rig, profile, row }: ConformanceStage): Promise<void> {
  const { text } = await rig.get('/headers', { headers: { 'x-forwarded-for': '192.0.2.1' } });
  const headers: Record<string, string> = JSON.parse(text);
  const measured = headers['x-forwarded-for'] ?? 'nothing';
  row({
    what: 'X-Forwarded-For of a client',
    ...{ documented: '192.0.2.1, 127.0.0.1', measured, agrees: measured === '192.0.2.1, 127.0.0.1' },
    known: 'the stack trusts no client, because no proxy is before its balancer',
  });
  if (profile.cookies !== 'alb') return;
  const trace = headers['x-amzn-trace-id'] === undefined ? 'absent' : 'set';
  row({
    what: 'X-Amzn-Trace-Id',
    ...{ documented: 'set', measured: trace, agrees: trace === 'set' },
    known: 'the stack names requests by X-Request-Id',
  });
}

async function noInstances({ rig, profile, row }: ConformanceStage): Promise<void> {
  for (const instance of rig.stack.instances()) await rig.stack.balancer.deregister(instance);
  const expected = profile.cookies === undefined ? '502' : '503';
  const measured = String((await rig.get()).status);
  row({
    what: 'no instance is registered',
    ...{ documented: expected, measured, agrees: measured === expected },
  });
}
