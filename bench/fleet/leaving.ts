/** Measures what happens to requests in flight, and to the number of instances, when an instance is removed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../stack/wait.ts';
import { heldBy, type Rig } from './rig.ts';
import type { ConformanceStage, Scene } from './scene.ts';

export const draining: Scene = {
  name: 'draining',
  fits: () => true,
  async play({ rig, row }) {
    await rig.answeredBy(['app-1', 'app-2'], 20_000);
    const { answer } = await heldBy(rig, rig.first());
    const leaver = rig.first();
    const leaving = rig.stack.remove(leaver);
    await until(async () => !(await rig.answers(6)).includes('app-1'), {
      withinMs: 20_000,
      what: 'app-1 to be out',
    });
    await rig.control(leaver, 'release');
    const { status, text } = await answer;
    await leaving;
    const agrees = status === 200 && text === 'app-1';
    const what = 'a request in flight when its instance leaves';
    row(what, 'is completed; new requests go elsewhere', agrees ? 'ended' : String(status), { agrees });
  },
};

export const drainLimit: Scene = {
  name: 'the limit of a drain',
  // Excludes the profile nginx, which has no cookies, and sets no limit for retired workers.
  fits: ({ cookies }) => cookies !== undefined,
  async play({ rig, profile, pace, row }) {
    await rig.answeredBy(['app-1', 'app-2'], 20_000);
    const [first, second] = [rig.first(), rig.second()];
    const ended = await heldBy(rig, first, '/trickle');
    const kept = await heldBy(rig, second, '/trickle');
    const since = performance.now();
    const leaving = Promise.all([rig.stack.remove(first), rig.stack.balancer.deregister(second)]);
    const cutOff = await ended.answer.then(
      () => false,
      () => true,
    );
    const took = performance.now() - since;
    const { drainMs } = profile;
    row(
      'a request that outlives the drain, on a stopped instance',
      `cut after ${pace.seconds(drainMs)}`,
      `${cutOff ? 'cut' : 'ended'} after ${pace.seconds(took)}`,
      { agrees: cutOff && pace.fits(took, drainMs, drainMs) },
    );
    await Promise.race([kept.answer.catch(() => {}), sleep(5_000)]);
    const agrees = kept.settled();
    const what = 'the same, on an instance that only leaves the balancer';
    row(what, 'cut after the same time', agrees ? 'cut' : 'goes on', { agrees });
    if (!agrees) await rig.control(second, 'release');
    await Promise.all([leaving, kept.answer.catch(() => {})]);
  },
};

export const group: Scene = {
  name: 'the size of the group',
  fits: profile => profile.group !== undefined,
  async play(stage) {
    if (stage.profile.group?.max === 2) await exactlyTwo(stage);
    else await between(stage);
  },
};

const whole = (rig: Rig): Promise<void> =>
  until(() => rig.stack.fleet?.whole() === true, {
    withinMs: 120_000,
    what: 'all instances of the group to be healthy',
  });

async function exactlyTwo({ rig, row }: ConformanceStage): Promise<void> {
  const names = () => rig.names().join(' and ');
  await rig.add();
  await whole(rig);
  row('one instance more than the maximum', 'the oldest is ended (OldestInstance)', `left: ${names()}`, {
    agrees: names() === 'app-2 and app-3',
  });
  await rig.stack.remove(rig.second());
  await whole(rig);
  row('one instance less than the minimum', 'a new instance starts', `there: ${names()}`, {
    agrees: names() === 'app-2 and app-4',
  });
}

async function between({ rig, row }: ConformanceStage): Promise<void> {
  await rig.add();
  await whole(rig);
  const grown = rig.names().length;
  await rig.stack.remove(rig.first());
  await whole(rig);
  const counts = `${grown}, then ${rig.names().length}`;
  row('one instance more, then one less, within the limits', 'the wanted number runs', counts, {
    agrees: counts === '3, then 2',
  });
}
