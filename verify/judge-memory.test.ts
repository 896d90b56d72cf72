/** Tests that the judge's memory does not grow with the operations of a session. */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { CHECKS } from './core/checks/index.ts';
import type { Called, Event, Operation } from './core/history/history.ts';
import { PREFIX, runLine } from './core/testing/picture.ts';
import { Judge } from './core/timeline/judge.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const HELD = 5;

/** Repeats four steps: adds a value, reads, removes its oldest value, reads. */
class Walk {
  readonly kept: WeakRef<Event>[] = [];
  readonly #judge = new Judge(runLine(), CHECKS);
  readonly #session: string;
  #saw: string[] = [];
  #ids = 0;

  constructor(session: string) {
    this.#session = session;
    this.#write('login', {});
  }

  rounds(count: number): void {
    for (let i = 0; i < count; i++) {
      const value = `${PREFIX}-${this.#ids}`;
      this.#saw = [...this.#saw, value];
      this.#write('add', { object: 'basket@s1', value });
      this.#read();
      const [oldest = ''] = this.#saw;
      if (this.#saw.length <= HELD) continue;
      this.#saw = this.#saw.slice(1);
      this.#write('remove', { object: 'basket@s1', value: oldest });
      this.#read();
    }
  }

  async left(): Promise<number> {
    // Waits for the next task, because a WeakRef keeps its object alive until the current task ends.
    await setImmediate();
    collectGarbage();
    return this.kept.filter(event => event.deref() !== undefined).length;
  }

  #called(): Called {
    const id = ++this.#ids;
    const request = `test-${id}`;
    return {
      id,
      clock: 'c0',
      client: 'c1',
      session: this.#session,
      user: 'alice',
      action: 'read',
      request,
      call: id * 100,
    };
  }

  #step(event: Event): void {
    this.kept.push(new WeakRef(event));
    this.#judge.step(event);
  }

  #returned(): Pick<
    Operation,
    'return' | 'outcome' | 'status' | 'instance' | 'source' | 'signedIn' | 'sawUser'
  > {
    const instance = `app-${1 + ((this.#ids >> 1) % 2)}`;
    const seen = { instance, source: 'header', signedIn: 'in', sawUser: 'alice' } as const;
    return { return: this.#ids * 100 + 50, outcome: 'ok', status: 200, ...seen };
  }

  #write(action: 'login' | 'add' | 'remove', what: Pick<Called, 'object' | 'value'>): void {
    this.#step({ type: 'start', ...this.#called(), action, ...what });
    this.#step({ type: 'end', id: this.#ids, ...this.#returned() });
  }

  #read(): void {
    this.#step({ type: 'op', ...this.#called(), object: 'basket@s1', ...this.#returned(), saw: this.#saw });
  }
}

it('refers to no more events after twice as many operations', async () => {
  const walk = new Walk('s1');
  walk.rounds(2000);
  const before = await walk.left();
  walk.rounds(2000);
  expect(before).toBeGreaterThan(1000);
  expect(await walk.left()).toBeLessThan(1.2 * before);
});
