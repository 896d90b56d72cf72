/** Replaces an instance by one with a wrong clock, by the library libfaketime. */
import { existsSync, globSync } from 'node:fs';
import type { Instance } from '../../stack/stack.ts';
import { withEnvironment } from './deploys.ts';
import type { StackFault } from './fault.ts';

/** Time by which the wrong clock is ahead, seconds. It is more than the idle timeout of a session. */
const AHEAD = 3_600;
const TOLERANCE = 10;

/**
 * The libfaketime library for programs with threads. Debian, Fedora and `make install` use different folders for it.
 */
const LIBRARY = 'faketime/libfaketimeMT.so.1';
const library = (): string | undefined =>
  [...globSync(`/usr/lib/*/${LIBRARY}`), `/usr/lib64/${LIBRARY}`, `/usr/local/lib/${LIBRARY}`].find(file =>
    existsSync(file),
  );

export const clockOffset: StackFault = {
  name: 'clock-offset',
  part: 'instance',
  does: 'an instance is replaced for a while by an instance whose clock is an hour ahead',
  one: true,
  lacks: stack => {
    if (stack.link === undefined) return 'instances that are processes of this machine: --stack local';
    return library() === undefined ? 'libfaketime: scripts/setup --stores installs it' : undefined;
  },
  async inject({ stack, instance, undo, did, shown, answered }) {
    let wrong: Instance | undefined;
    undo(async () => {
      if (wrong === undefined) return;
      await stack.add(instance.options);
      await stack.remove(wrong);
    });
    wrong = await stack.add(
      withEnvironment(instance, {
        LD_PRELOAD: library() ?? '',
        FAKETIME: `+${AHEAD}s`,
        // Does not change the monotonic clock, because timers use it.
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      }),
    );
    const { name, url } = wrong;
    await stack.remove(instance);
    did(`${instance.name} replaced by ${name}, whose clock is an hour ahead`);
    return (await ahead(url)) && shown(() => answered(name) > 0);
  },
};

async function ahead(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`, { redirect: 'manual', signal: AbortSignal.timeout(2_000) });
  await answer.arrayBuffer();
  const by = (Date.parse(answer.headers.get('date') ?? '') - Date.now()) / 1000;
  return Math.abs(by - AHEAD) < TOLERANCE;
}
