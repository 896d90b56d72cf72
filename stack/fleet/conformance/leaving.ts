/** Scenes in which instances leave: their requests in flight, and the size of the group. */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../wait.ts';
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
    const ended = status === 200 && text === 'app-1';
    row({
      what: 'a request in flight when its instance leaves',
      ...{
        documented: 'ends; nothing new is sent',
        measured: ended ? 'ended' : String(status),
        agrees: ended,
      },
    });
  },
};

export const drainLimit: Scene = {
  name: 'the limit of a drain',
  // nginx itself does not limit how long a retired worker runs after a reload.
  fits: ({ cookies }) => cookies !== undefined,
  async play(stage) {
    const { rig, profile, pace, row } = stage;
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
    row({
      what: 'a longer request, of an instance that is ended',
      documented: `cut after ${pace.seconds(drainMs)}`,
      measured: `${cutOff ? 'cut' : 'ended'} after ${pace.seconds(took)}`,
      agrees: cutOff && pace.fits(took, drainMs, drainMs),
    });
    await Promise.race([kept.answer.catch(() => {}), sleep(5_000)]);
    const cut = kept.settled();
    row({
      what: 'the same, of an instance that only leaves the balancer',
      ...{ documented: 'cut after the same time', measured: cut ? 'cut' : 'goes on', agrees: cut },
    });
    if (!cut) await rig.control(second, 'release');
    await Promise.all([leaving, kept.answer.catch(() => {})]);
  },
};

export const group: Scene = {
  name: 'the size of the group',
  fits: profile => profile.group !== undefined,
  async play(stage) {
    const { rig, profile } = stage;
    if (profile.group?.max === 2) await exactlyTwo(stage);
    else await between(rig, stage);
  },
};

const whole = (rig: Rig): Promise<void> =>
  until(() => rig.stack.fleet?.whole() === true, { withinMs: 120_000, what: 'a whole fleet' });

async function exactlyTwo({ rig, row }: ConformanceStage): Promise<void> {
  await rig.add();
  await whole(rig);
  row({
    what: 'one more than the maximum',
    documented: 'the oldest is ended (OldestInstance)',
    measured: `left: ${rig.names().join(' and ')}`,
    agrees: String(rig.names()) === 'app-2,app-3',
  });
  await rig.stack.remove(rig.second());
  await whole(rig);
  row({
    what: 'one less than the minimum',
    documented: 'another is started',
    measured: `there: ${rig.names().join(' and ')}`,
    agrees: String(rig.names()) === 'app-2,app-4',
  });
}

async function between(rig: Rig, { row }: ConformanceStage): Promise<void> {
  await rig.add();
  await whole(rig);
  const grown = rig.names().length;
  await rig.stack.remove(rig.first());
  await whole(rig);
  const counts = `${grown}, then ${rig.names().length}`;
  row({
    what: 'one more, then one less, within the limits',
    ...{ documented: 'as many as are wanted', measured: counts, agrees: counts === '3, then 2' },
  });
}
