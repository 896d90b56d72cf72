/** Measures the cookies that pin a visitor to one instance. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rig, TimedResponse } from './rig.ts';
import type { Scene } from './scene.ts';

/** A client that sends all received cookies, even expired ones. */
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
  async play({ rig, profile, row }) {
    const classic = profile.cookies === 'classic';
    const visitor = new Visitor(rig);
    const first = await visitor.get();
    const cookies = classic ? 'AWSELB' : 'AWSALB, AWSALBCORS';
    row('cookies with the first response', cookies, namesOf(first));
    const [line = ''] = first.set;
    if (classic) {
      const flags = /; (HttpOnly|Secure)/i.test(line);
      row('flags of the cookie', 'no Secure, no HttpOnly', flags ? 'some' : 'none', { agrees: !flags });
    } else {
      const known = 'nginx cannot compute a date';
      row('lifetime of the cookie', 'Expires', /; Expires=/i.test(line) ? 'Expires' : 'Max-Age', { known });
    }
    const second = namesOf(await visitor.get());
    row('cookies with the next response', classic ? 'none' : 'both, set again', second, {
      agrees: second === (classic ? 'none' : cookies),
    });
    await sleep(1_500); // Longer than the cookie's lifetime; a browser would have dropped it.
    const kept = (await visitor.served(8)).join() === first.text;
    row(
      'a sticky cookie that the client sends after its expiry',
      classic ? 'is obeyed: the balancer does not check the age' : 'is ignored',
      kept ? 'is obeyed' : 'is ignored',
      {
        agrees: kept === classic,
        known: classic ? undefined : 'nginx cannot check the age, but browsers drop the cookie in time',
      },
    );
    const leaver = rig.stack.instances().find(({ name }) => name === first.text) ?? rig.first();
    await rig.stack.balancer.deregister(leaver);
    const next = (await visitor.get()).text;
    await rig.stack.balancer.register(leaver);
    const after = (await visitor.served(8)).join();
    const agrees = next !== first.text && after === next;
    row(
      'the instance of a pinned client leaves, and comes back',
      'the client is pinned to another instance, and stays there',
      agrees ? 'another, and kept' : `${next}, then ${after}`,
      { agrees },
    );
  },
};

export const byApplication: Scene = {
  name: 'a sticky cookie that follows the cookie of the app',
  fits: ({ cookies }) => cookies !== undefined,
  sticky: { mode: 'application' },
  async play({ rig, profile, row }) {
    const classic = profile.cookies === 'classic';
    const visitor = new Visitor(rig);
    const before = namesOf(await visitor.get());
    row('before the app has set its cookie', 'no cookie', before, { agrees: before === 'none' });
    const login = await visitor.get('/login');
    const own = login.set.find(line => !line.startsWith('sid=')) ?? '';
    const name = own.split('=')[0] ?? '';
    row(
      'when the app sets its cookie',
      classic ? 'AWSELB, with the flags of the app’s cookie' : 'AWSALBAPP-0, for seven days',
      own.replace(/=[^;]*/, ''),
      {
        agrees: classic ? own.endsWith('; Path=/; HttpOnly') : name === 'AWSALBAPP-0',
        known: classic
          ? undefined
          : 'nginx cannot read a cookie whose name has a dash; Max-Age replaces the date',
      },
    );
    const next = namesOf(await visitor.get());
    row('with the next response', classic ? 'no cookie' : 'the same, set again', next, {
      agrees: next === (classic ? 'none' : name),
    });
    visitor.jar.delete('sid');
    const agrees = (await visitor.served(8)).length > 1;
    row('without the app’s cookie', 'not sticky any more', agrees ? 'not sticky' : 'sticky', { agrees });
  },
};
