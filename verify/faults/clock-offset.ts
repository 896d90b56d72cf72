/** An instance whose clock is wrong, as where nothing keeps it: libfaketime shifts what its process reads. */
import { existsSync, globSync } from 'node:fs';
import type { Instance } from '../../stack/stack.ts';
import type { Fault } from './fault.ts';
import { withEnvironment } from './group.ts';

/** Further than sessions live without activity. Seconds. */
const AHEAD = 3_600;
/** Of an answer's `Date`, which has whole seconds. */
const TOLERANCE = 10;

/** The one for programs with threads, where Debian, Fedora and a build of one's own put it. */
const LIBRARY = 'faketime/libfaketimeMT.so.1';
const library = (): string | undefined =>
  [...globSync(`/usr/lib/*/${LIBRARY}`), `/usr/lib64/${LIBRARY}`, `/usr/local/lib/${LIBRARY}`].find(file =>
    existsSync(file),
  );

export const clockOffset: Fault = {
  name: 'clock-offset',
  part: 'instance',
  does: 'the clock of an instance is an hour ahead: one that was started so takes its place for a while',
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
        // What waits is to wait as long as ever.
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      }),
    );
    const { name, url } = wrong;
    await stack.remove(instance);
    did(`${instance.name} replaced by ${name}, whose clock is an hour ahead`);
    return (await ahead(url)) && shown(() => answered(name) > 0);
  },
};

/** By the `Date` of its answers. */
async function ahead(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`, { redirect: 'manual', signal: AbortSignal.timeout(2_000) });
  await answer.arrayBuffer();
  const by = (Date.parse(answer.headers.get('date') ?? '') - Date.now()) / 1000;
  return Math.abs(by - AHEAD) < TOLERANCE;
}
