/** Scenes that measure the cookies that pin a visitor to one instance. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rig, TimedResponse } from './rig.ts';
import type { ConformanceStage, Scene } from './scene.ts';

/** A client that sends all cookies that it has received, even expired ones. */
class Visitor {
  readonly #rig: Rig;
  readonly jar = new Map<string, string>();

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  async get(path = '/'): Promise<TimedResponse> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await this.#rig.get(path, { headers: cookie === '' ? {} : { cookie } });
    for (const line of answer.set) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.jar.set(name, value);
    }
    return answer;
  }

  /** Sends requests. @returns the names of the instances that responded */
  async served(count: number): Promise<string[]> {
    const seen = new Set<string>();
    for (let i = 0; i < count; i++) seen.add((await this.get()).text);
    return [...seen];
  }
}

const namesOf = ({ set }: TimedResponse): string => set.map(line => line.split('=')[0]).join(', ') || 'none';

export const byDuration: Scene = {
  name: 'a sticky cookie by duration',
  fits: ({ cookies }) => cookies !== undefined,
  sticky: { mode: 'duration', seconds: 1 },
  async play(stage) {
    const { rig, profile, row } = stage;
    const classic = profile.cookies === 'classic';
    const visitor = new Visitor(rig);
    const first = await visitor.get();
    const cookies = classic ? 'AWSELB' : 'AWSALB, AWSALBCORS';
    row({
      what: 'cookies with the first response',
      ...{ documented: cookies, measured: namesOf(first), agrees: namesOf(first) === cookies },
    });
    lifetime(stage, first);
    const second = namesOf(await visitor.get());
    row({
      what: 'cookies with the next response',
      documented: classic ? 'none' : 'both, set again',
      ...{ measured: second, agrees: second === (classic ? 'none' : cookies) },
    });
    await sleep(1_500); // Longer than the cookie's lifetime; a browser would have dropped it.
    const kept = (await visitor.served(8)).join() === first.text;
    row({
      what: 'a cookie sent after its time',
      documented: classic ? 'is followed: the balancer does not check its age' : 'is not followed',
      measured: kept ? 'is followed' : 'is not followed',
      agrees: kept === classic,
      ...(!classic && { known: 'nginx cannot check its age: browsers drop the cookie in time' }),
    });
    await moved(stage, visitor, first.text);
  },
};

function lifetime({ profile, row }: ConformanceStage, { set: [line = ''] }: TimedResponse): void {
  if (profile.cookies === 'classic') {
    const flags = /; (HttpOnly|Secure)/i.test(line);
    row({
      what: 'flags of the cookie',
      ...{ documented: 'no Secure, no HttpOnly', measured: flags ? 'some' : 'none', agrees: !flags },
    });
    return;
  }
  const expires = /; Expires=/i.test(line);
  row({
    what: 'lifetime of the cookie',
    documented: 'Expires',
    ...{ measured: expires ? 'Expires' : 'Max-Age', agrees: expires },
    known: 'nginx cannot add to a date',
  });
}

async function moved({ rig, row }: ConformanceStage, visitor: Visitor, first: string): Promise<void> {
  const leaver = rig.stack.instances().find(({ name }) => name === first) ?? rig.first();
  await rig.stack.balancer.deregister(leaver);
  const next = (await visitor.get()).text;
  await rig.stack.balancer.register(leaver);
  const after = await visitor.served(8);
  row({
    what: 'the instance of a visitor leaves, and comes back',
    documented: 'another is chosen, and kept',
    measured: next !== first && after.join() === next ? 'another, and kept' : `${next}, then ${after.join()}`,
    agrees: next !== first && after.join() === next,
  });
}

export const byApplication: Scene = {
  name: 'a sticky cookie beside the app’s',
  fits: ({ cookies }) => cookies !== undefined,
  sticky: { mode: 'application' },
  async play(stage) {
    const { rig, profile, row } = stage;
    const classic = profile.cookies === 'classic';
    const visitor = new Visitor(rig);
    const before = namesOf(await visitor.get());
    row({
      what: 'before the app has set its cookie',
      ...{ documented: 'no cookie', measured: before, agrees: before === 'none' },
    });
    const login = await visitor.get('/login');
    const own = login.set.find(line => !line.startsWith('sid=')) ?? '';
    const name = own.split('=')[0] ?? '';
    row({
      what: 'when the app sets its cookie',
      documented: classic ? 'AWSELB, with the flags of that' : 'AWSALBAPP-0, for seven days',
      measured: own.replace(/=[^;]*/, ''),
      agrees: classic ? own.endsWith('; Path=/; HttpOnly') : name === 'AWSALBAPP-0',
      ...(!classic && { known: 'nginx reads no cookie whose name has a dash; seconds stand for the date' }),
    });
    const next = namesOf(await visitor.get());
    row({
      what: 'with the next response',
      documented: classic ? 'no cookie' : 'the same, set again',
      ...{ measured: next, agrees: next === (classic ? 'none' : name) },
    });
    visitor.jar.delete('sid');
    const spread = (await visitor.served(8)).length > 1;
    row({
      what: 'without the app’s cookie',
      documented: 'not sticky any more',
      measured: spread ? 'not sticky' : 'sticky',
      agrees: spread,
    });
  },
};
