/** Measures how soon the balancer notices that an instance is dead, hung or healthy, and where requests go then. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HealthCheck } from '../../stack/fleet/profile.ts';
import { until } from '../../stack/wait.ts';
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

export const crash: Scene = {
  name: 'a crash',
  fits: () => true,
  async play(stage) {
    const { rig, profile, row } = stage;
    await rig.answeredBy(BOTH, SLACK_MS);
    const since = performance.now();
    await rig.first().kill();
    await meanwhile(stage, since);
    if (profile.check !== undefined) return replaced(checked(stage), since);
    const runs = rig.first().running();
    const agrees = !runs && rig.names().length === 2;
    row('an instance that died', 'is not replaced', runs ? 'runs again' : 'stays away', { agrees });
  },
};

async function meanwhile({ rig, profile, row }: ConformanceStage, since: number): Promise<void> {
  const seen = new Set<string>();
  for (let i = 0; i < 8 && !rig.hasReported('app-1 was found unhealthy', since); i++)
    for (const answer of await rig.answers(1)) seen.add(answer);
  const refused = [...seen].find(answer => answer !== 'app-2');
  const expected = profile.cookies === 'alb' ? '502' : undefined;
  const other = 'the other instance answers';
  row(
    'requests to an instance that refuses connections',
    expected ?? (profile.cookies === undefined ? other : 'tried again'),
    refused ?? other,
    { agrees: refused === expected },
  );
}

async function replaced({ rig, check, pace, row }: Checked, since: number): Promise<void> {
  const apart = (count: number): string => `${count} passed checks, ${pace.seconds(check.everyMs)} apart`;
  const [least, most] = outWithin(check);
  const noticed = await rig.untilReported('app-1 was found unhealthy', since, most + SLACK_MS);
  row(
    'time until a dead instance counts as unhealthy',
    `${check.unhealthy} failed checks, ${pace.seconds(check.everyMs)} apart`,
    `after ${pace.seconds(noticed)}`,
    { agrees: pace.fits(noticed, least, most) },
  );
  const started = since + (await rig.untilReported('app-3 has started', since, most + 60_000));
  const first = check.first * check.everyMs;
  const served = await rig.untilReported('app-3 was found healthy', started, first + 30_000);
  row(
    'time until a new instance counts as healthy',
    check.first === 1 ? 'one passed check' : apart(check.first),
    `${pace.seconds(served)} after it has started`,
    { agrees: pace.fits(served, first - check.everyMs, first) },
  );
  await until(() => rig.stack.fleet?.whole() === true, {
    withinMs: 60_000,
    what: 'all instances of the group to be healthy',
  });
  row(
    'the group of two instances, after one died',
    'replaces the dead instance',
    `has ${rig.names().join(' and ')}`,
    {
      agrees: String(rig.names()) === 'app-2,app-3',
    },
  );
}

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
  const out = rig.hasReported('app-2 was found unhealthy', since);
  row(
    'a single failed check',
    'changes nothing',
    out ? 'the instance leaves the balancer' : 'changes nothing',
  );
}

async function redirected({ rig, check, pace, row }: Checked): Promise<void> {
  const since = performance.now();
  await rig.control(rig.second(), 'health=302');
  const [least, most] = outWithin(check);
  const noticed = await rig.untilReported('app-2 was found unhealthy', since, most + SLACK_MS);
  row(
    'checks with a 302 response',
    `only 200 passes: unhealthy after ${check.unhealthy}`,
    `unhealthy after ${pace.seconds(noticed)}`,
    { agrees: pace.fits(noticed, least, most) },
  );
  await rig.answeredBy(['app-1'], SLACK_MS);
}

async function healed({ rig, check, pace, row }: Checked): Promise<void> {
  const since = performance.now();
  await rig.control(rig.second(), 'health=200');
  const most = check.healthy * check.everyMs + check.timeoutMs;
  const back = await rig.untilReported('app-2 was found healthy', since, most + SLACK_MS);
  row(
    'an instance that is healthy again gets requests',
    `after ${check.healthy} passed checks, ${pace.seconds(check.everyMs)} apart`,
    `after ${pace.seconds(back)}`,
    { agrees: pace.fits(back, (check.healthy - 1) * check.everyMs, most) },
  );
  await rig.answeredBy(BOTH, SLACK_MS);
}

async function noneHealthy({ rig, profile, check, row }: Checked): Promise<void> {
  const since = performance.now();
  for (const instance of rig.stack.instances()) await rig.control(instance, 'health=500');
  const [, most] = outWithin(check);
  for (const name of BOTH) await rig.untilReported(`${name} was found unhealthy`, since, most + SLACK_MS);
  const open = profile.cookies === 'alb';
  await rig.answeredBy(open ? BOTH : ['503'], SLACK_MS).catch(() => {});
  const answers = await rig.answers(6);
  const all = String(answers) === String(BOTH);
  row(
    'no instance is healthy',
    open ? 'all get requests (fail open)' : '503',
    all ? 'all get requests' : answers.join(', '),
    { agrees: open ? all : String(answers) === '503' },
  );
}

export const hung: Scene = {
  name: 'an instance that hangs',
  fits: ({ check }) => check !== undefined,
  async play(plain) {
    const { rig, check, pace, row } = checked(plain);
    const [least, most] = outWithin(check);
    const since = performance.now();
    await rig.second().pause();
    const what = 'an instance hangs with its port open';
    if (check.probe === 'TCP') {
      await sleep(most + 2 * check.everyMs);
      const out = rig.hasReported('app-2 was found unhealthy', since);
      const measured = out ? 'found unhealthy' : `healthy after ${pace.seconds(performance.now() - since)}`;
      row(what, 'the check passes: the connection succeeds', measured, { agrees: !out });
    } else {
      const noticed = await rig.untilReported('app-2 was found unhealthy', since, most + SLACK_MS);
      row(
        what,
        `unhealthy after ${check.unhealthy} checks that time out`,
        `unhealthy after ${pace.seconds(noticed)}`,
        { agrees: pace.fits(noticed, least, most) },
      );
    }
    await rig.second().resume();
  },
};

/** Measures the responses after all instances were killed. Skips balancers with HTTP health checks. */
export const allDead: Scene = {
  name: 'all instances dead',
  fits: ({ check }) => check === undefined || check.probe === 'TCP',
  async play({ rig, profile: { check }, row }) {
    const since = performance.now();
    await Promise.all(rig.stack.instances().map(instance => instance.kill()));
    if (check !== undefined)
      for (const name of BOTH)
        await rig.untilReported(`${name} was found unhealthy`, since, outWithin(check)[1] + SLACK_MS);
    const expected = check === undefined ? '502' : '503';
    let measured = '';
    // Stops when the group has replaced the dead instances, because the new instances respond with 200.
    for (let i = 0; i < 200 && measured !== expected && rig.stack.fleet?.whole() !== true; i++)
      measured = String((await rig.get()).status);
    row(
      check === undefined ? 'all instances refuse connections' : 'no instance is healthy',
      expected,
      measured,
    );
  },
};
