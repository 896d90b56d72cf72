/** Scenes that measure the results of health checks. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HealthCheck } from '../profile.ts';
import type { ConformanceStage, Scene } from './scene.ts';

const BOTH = ['app-1', 'app-2'];
const SLACK_MS = 20_000;

type Checked = ConformanceStage & { check: HealthCheck };

const checked = (stage: ConformanceStage): Checked => {
  const { check } = stage.profile;
  if (check === undefined) throw new Error(`expected health checks in ${stage.profile.name}`);
  return { ...stage, check };
};

const outWithin = ({ unhealthy, everyMs, timeoutMs }: HealthCheck): [number, number] => [
  (unhealthy - 1) * everyMs,
  unhealthy * everyMs + timeoutMs,
];

export const answersOfChecks: Scene = {
  name: 'answers to health checks',
  fits: ({ check }) => check !== undefined && check.probe !== 'TCP',
  async play(plain) {
    const stage = checked(plain);
    await forgiven(stage);
    await redirected(stage);
    await healed(stage);
    await noneHealthy(stage);
  },
};

async function forgiven({ rig, check, row }: Checked): Promise<void> {
  const since = performance.now();
  await rig.control(rig.second(), 'next=500');
  await sleep(3 * check.everyMs);
  const out = rig.heard('app-2 was found unhealthy', since);
  row({
    what: 'a single failed check',
    ...{ documented: 'is forgiven', measured: out ? 'takes it out' : 'is forgiven', agrees: !out },
  });
}

async function redirected({ rig, check, pace, row }: Checked): Promise<void> {
  const since = performance.now();
  await rig.control(rig.second(), 'health=302');
  const [least, most] = outWithin(check);
  const noticed = await rig.said('app-2 was found unhealthy', since, most + SLACK_MS);
  row({
    what: 'checks with a 302 response',
    documented: `only 200 passes: unhealthy after ${check.unhealthy}`,
    measured: `unhealthy after ${pace.seconds(noticed)}`,
    agrees: pace.fits(noticed, least, most),
  });
  await rig.answeredBy(['app-1'], SLACK_MS);
}

async function healed({ rig, check, pace, row }: Checked): Promise<void> {
  const since = performance.now();
  await rig.control(rig.second(), 'health=200');
  const most = check.healthy * check.everyMs + check.timeoutMs;
  const back = await rig.said('app-2 was found healthy', since, most + SLACK_MS);
  row({
    what: 'an instance that is healthy again gets requests',
    documented: `after ${check.healthy} passed checks, ${pace.seconds(check.everyMs)} apart`,
    measured: `after ${pace.seconds(back)}`,
    agrees: pace.fits(back, (check.healthy - 1) * check.everyMs, most),
  });
  await rig.answeredBy(BOTH, SLACK_MS);
}

async function noneHealthy({ rig, profile, check, row }: Checked): Promise<void> {
  const since = performance.now();
  for (const instance of rig.stack.instances()) await rig.control(instance, 'health=500');
  const [, most] = outWithin(check);
  for (const name of BOTH) await rig.said(`${name} was found unhealthy`, since, most + SLACK_MS);
  const expected = profile.cookies === 'alb' ? BOTH : ['503'];
  await rig.answeredBy(expected, SLACK_MS).catch(() => {});
  const answers = await rig.answers(6);
  row({
    what: 'no instance is healthy',
    documented: expected === BOTH ? 'all get requests (fail open)' : '503',
    measured: String(answers) === String(BOTH) ? 'all get requests' : answers.join(', '),
    agrees: String(answers) === String(expected),
  });
}

export const hung: Scene = {
  name: 'an instance that hangs',
  fits: ({ check }) => check !== undefined,
  async play(plain) {
    const { rig, check, pace, row } = checked(plain);
    const [least, most] = outWithin(check);
    const since = performance.now();
    await rig.second().pause();
    const what = 'an instance hangs, and its port is open';
    if (check.probe === 'TCP') {
      await sleep(most + 2 * check.everyMs);
      const out = rig.heard('app-2 was found unhealthy', since);
      row({
        what,
        ...{ documented: 'the check passes: the connection succeeds' },
        ...{
          measured: out ? 'found unhealthy' : `healthy after ${pace.seconds(performance.now() - since)}`,
          agrees: !out,
        },
      });
    } else {
      const noticed = await rig.said('app-2 was found unhealthy', since, most + SLACK_MS);
      row({
        what,
        documented: `unhealthy after ${check.unhealthy} checks that time out`,
        measured: `unhealthy after ${pace.seconds(noticed)}`,
        agrees: pace.fits(noticed, least, most),
      });
    }
    await rig.second().resume();
  },
};

/** For profiles whose group replaces unhealthy instances at once, and for profiles without health checks. */
export const allDead: Scene = {
  name: 'all instances dead',
  fits: ({ check }) => check === undefined || check.probe === 'TCP',
  async play({ rig, profile, row }) {
    const since = performance.now();
    await Promise.all(rig.stack.instances().map(instance => instance.kill()));
    if (profile.check !== undefined)
      for (const name of BOTH)
        await rig.said(`${name} was found unhealthy`, since, outWithin(profile.check)[1] + SLACK_MS);
    const expected = profile.check === undefined ? '502' : '503';
    let measured = '';
    // Requests only for a short time, because new instances are starting.
    for (let i = 0; i < 200 && measured !== expected && rig.stack.fleet?.whole() !== true; i++)
      measured = String((await rig.get()).status);
    row({
      what: profile.check === undefined ? 'all instances refuse connections' : 'no instance is healthy',
      ...{ documented: expected, measured, agrees: measured === expected },
    });
  },
};
