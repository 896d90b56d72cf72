import { afterEach, describe, expect, it } from 'vitest';
import type { Instance, InstanceOptions } from '../stack.ts';
import { until } from '../wait.ts';
import { Fleet, type FleetActions } from './fleet.ts';
import type { Group } from './profile.ts';

class Yard implements FleetActions {
  readonly all: Instance[] = [];
  readonly ended: string[] = [];
  readonly said: string[] = [];
  readonly sick = new Set<Instance>();
  readonly dead = new Set<Instance>();
  readonly refusals: Error[] = [];
  most = 0;
  least = Number.POSITIVE_INFINITY;
  #made = 0;

  make(options: InstanceOptions = {}): Instance {
    const name = `app-${++this.#made}`;
    const nothing = async (): Promise<void> => {};
    const instance: Instance = {
      name,
      url: `http://${name}`,
      options,
      stop: nothing,
      kill: nothing,
      pause: nothing,
      resume: nothing,
      restart: nothing,
      running: () => !this.dead.has(instance),
    };
    this.all.push(instance);
    this.most = Math.max(this.most, this.all.length);
    return instance;
  }

  async launch(options: InstanceOptions): Promise<Instance> {
    await Promise.resolve();
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    return this.make(options);
  }

  async end(instance: Instance): Promise<void> {
    await Promise.resolve();
    this.all.splice(this.all.indexOf(instance), 1);
    this.ended.push(instance.name);
    this.least = Math.min(this.least, this.all.length);
  }

  unhealthy = (instance: Instance): boolean => this.sick.has(instance) || this.dead.has(instance);
  report = (message: string): number => this.said.push(message);
  names = (): string[] => this.all.map(({ name }) => name);
}

const SEED: Group = { min: 2, max: 2, policy: 'OldestInstance', replaces: 'unhealthy' };

let fleet: Fleet;
let yard: Yard;

function begin(group: Partial<Group> = {}, count = 2): Instance[] {
  yard = new Yard();
  const instances = Array.from({ length: count }, () => yard.make());
  fleet = new Fleet({ ...SEED, ...group }, yard);
  fleet.begin(instances);
  return instances;
}

const whole = () =>
  until(() => fleet.whole(), {
    withinMs: 30_000,
    everyMs: 1,
    what: 'all instances of the group to be healthy',
  });

afterEach(() => fleet.close());

describe('a fleet', () => {
  it('replaces each unhealthy instance once', async () => {
    const [first] = begin();
    yard.sick.add(first as Instance);
    fleet.reconcile();
    fleet.reconcile();
    expect(fleet.whole()).toBe(false);
    await whole();
    expect(yard.names()).toEqual(['app-2', 'app-3']);
    expect(yard.ended).toEqual(['app-1']);
    expect(yard.said).toEqual(['app-1 is unhealthy, and is replaced']);
  });

  it('replaces all instances if all are unhealthy', async () => {
    for (const instance of begin()) yard.sick.add(instance);
    fleet.reconcile();
    await whole();
    expect(yard.names()).toEqual(['app-3', 'app-4']);
  });

  it('keeps unhealthy instances that run, if the group replaces only those that have ended', async () => {
    const [first, second] = begin({ replaces: 'ended' });
    yard.sick.add(first as Instance);
    yard.dead.add(second as Instance);
    fleet.reconcile();
    await whole();
    expect(yard.names()).toEqual(['app-1', 'app-3']);
  });

  it.each([
    ['OldestInstance', ['app-2', 'app-3']],
    ['Default', ['app-2', 'app-3']],
  ] as const)('at its maximum, one more ends one: %s', async (policy, left) => {
    begin({ policy });
    expect((await fleet.add({})).name).toBe('app-3');
    await whole();
    expect(yard.names()).toEqual(left);
  });

  it('by default ends an instance of the former version', async () => {
    begin({ policy: 'Default' });
    await fleet.add({ env: { VERSION: '2' } });
    await fleet.add({ env: { VERSION: '2' } });
    await whole();
    expect(yard.all.map(({ options }) => options)).toEqual(Array(2).fill({ env: { VERSION: '2' } }));
  });

  it('grows to its maximum and shrinks to its minimum, and no further', async () => {
    begin({ min: 1, max: 3 });
    await fleet.add({});
    await whole();
    expect(yard.all).toHaveLength(3);
    await fleet.add({});
    await whole();
    expect(yard.all).toHaveLength(3);
    for (let i = 0; i < 4; i++) await fleet.remove(yard.all[0] as Instance).then(whole);
    expect(yard.all).toHaveLength(1);
  });

  it('at its minimum, one less starts another, with the latest options', async () => {
    const [first] = begin();
    await fleet.add({ env: { VERSION: '2' } });
    await whole();
    await fleet.remove(first as Instance);
    await fleet.remove(yard.all[0] as Instance);
    await whole();
    expect(yard.all.map(({ options }) => options)).toEqual(Array(2).fill({ env: { VERSION: '2' } }));
  });

  it('a second removal of the same instance waits for the first', async () => {
    const [first] = begin();
    yard.sick.add(first as Instance);
    fleet.reconcile();
    await fleet.remove(first as Instance);
    expect(yard.ended).toEqual(['app-1']);
    await whole();
    expect(yard.names()).toEqual(['app-2', 'app-3']);
  });

  it('retries if an instance did not start, and rejects the call that wanted it', async () => {
    const [first] = begin();
    yard.refusals.push(new Error('no room'), new Error('still no room'));
    await expect(fleet.add({})).rejects.toThrow('no room');
    expect(yard.ended).toEqual([]);
    yard.sick.add(first as Instance);
    fleet.reconcile();
    await whole();
    expect(yard.said).toContain('still no room');
    expect(yard.names()).toEqual(['app-2', 'app-3']);
  });

  it('does nothing once it is closed', async () => {
    const [first] = begin();
    fleet.close();
    yard.sick.add(first as Instance);
    fleet.reconcile();
    await Promise.resolve();
    expect(yard.ended).toEqual([]);
  });
});
