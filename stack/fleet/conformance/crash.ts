/** A scene in which an instance crashes. */
import { until } from '../../wait.ts';
import type { Rig } from './rig.ts';
import type { ConformanceStage, Scene } from './scene.ts';

export const crash: Scene = {
  name: 'a crash',
  fits: () => true,
  async play(stage) {
    const { rig, profile } = stage;
    await rig.answeredBy(['app-1', 'app-2'], 20_000);
    const since = performance.now();
    await rig.first().kill();
    await meanwhile(stage, since);
    if (profile.check === undefined) await stays(stage);
    else await replaced(stage, since);
  },
};

async function meanwhile({ rig, profile, row }: ConformanceStage, since: number): Promise<void> {
  const seen = new Set<string>();
  for (let i = 0; i < 8 && !rig.heard('app-1 was found unhealthy', since); i++)
    for (const answer of await rig.answers(1)) seen.add(answer);
  const refused = [...seen].find(answer => answer !== 'app-2');
  const expected = profile.cookies === 'alb' ? '502' : undefined;
  row({
    what: 'requests to an instance that refuses connections',
    documented: expected ?? (profile.cookies === undefined ? 'the other instance answers' : 'tried again'),
    measured: refused ?? 'the other instance answers',
    agrees: refused === expected,
  });
}

async function replaced({ rig, profile, pace, row }: ConformanceStage, since: number): Promise<void> {
  const { check } = profile;
  if (check === undefined || profile.group === undefined) return;
  const least = (check.unhealthy - 1) * check.everyMs;
  const most = check.unhealthy * check.everyMs + check.timeoutMs;
  const noticed = await rig.said('app-1 was found unhealthy', since, most + 20_000);
  row({
    what: 'a dead instance is found unhealthy',
    documented: `${check.unhealthy} failed checks, ${pace.seconds(check.everyMs)} apart`,
    measured: `after ${pace.seconds(noticed)}`,
    agrees: pace.fits(noticed, least, most),
  });
  const started = since + (await rig.said('app-3 has started', since, most + 60_000));
  const first = check.first * check.everyMs;
  const served = await rig.said('app-3 was found healthy', started, first + 30_000);
  row({
    what: 'a new instance is found healthy',
    documented:
      check.first === 1
        ? 'one passed check'
        : `${check.first} passed checks, ${pace.seconds(check.everyMs)} apart`,
    measured: `${pace.seconds(served)} after it has started`,
    agrees: pace.fits(served, first - check.everyMs, first),
  });
  await until(() => rig.stack.fleet?.whole() === true, { withinMs: 60_000, what: 'a whole fleet' });
  row({
    what: 'the group, of two, when one has died',
    ...{
      documented: 'replaces it',
      measured: `has ${namesOf(rig)}`,
      agrees: String(rig.names()) === 'app-2,app-3',
    },
  });
}

const namesOf = (rig: Rig): string => rig.names().join(' and ');

async function stays({ rig, row }: ConformanceStage): Promise<void> {
  row({
    what: 'an instance that died',
    documented: 'is not replaced',
    measured: rig.first().running() ? 'runs again' : 'stays away',
    agrees: !rig.first().running() && rig.names().length === 2,
  });
}
