/** What every fault is: a disturbance of a running system, and what heals it. */
import type { Instance, InstanceOptions, Stack } from '../../stack/stack.ts';
import type { Random } from '../workloads/random.ts';

/** What any fault has to work with, whatever is disturbed. */
export interface Means {
  /** Within which the target declares to answer while the store is down, milliseconds. */
  deadline: number;
  /** To be called before what it heals is done: heals are performed in the opposite order, on every path. */
  undo(heal: () => Promise<unknown>): void;
  /** Lets the load go on for so long, or until the run is stopped. */
  last(milliseconds: number): Promise<void>;
  /** Waits until the load has shown something. @returns whether it came within five seconds */
  shown(condition: () => boolean | Promise<boolean>): Promise<boolean>;
  /** @returns how many requests an instance has answered since the fault began */
  answered(instance: string): number;
  /** @returns whether the load has met it: requests fail, or another set of instances answers than before */
  felt(): boolean;
  /** @returns how often a session was answered by another instance than before, since the fault began */
  moved(): number;
  /** Says what was done, in a few words, for the report: `2 instances restarted`. */
  did(text: string): void;
  /** File that takes what commands say. */
  log: string;
  /** Aborts when the run is to stop. */
  signal: AbortSignal;
}

/** What a fault of the bundled stack has to work with. */
export interface Stage extends Means {
  stack: Stack;
  /** The instance that is disturbed, where one is: drawn from the seed. */
  instance: Instance;
  /** What the next version of the app differs in, where somebody said so. */
  next: InstanceOptions | undefined;
}

/** What is said of a fault before it is made. */
export interface Facts {
  /** As `--faults` takes it. */
  name: string;
  part: 'instance' | 'balancer' | 'store';
  /** What it does, in a few words. */
  does: string;
  /** Something that a deploy does. */
  deploy?: true;
  /** The store answers nobody while it lasts. */
  down?: true;
  /** Takes away what no app can keep, or needs a store that promises more: only on request. */
  loses?: true;
  /** How long it lasts once it was injected, milliseconds; 1.5 s when absent. */
  lasts?(means: Means): number;
}

/** A fault of the bundled stack. */
export interface Fault extends Facts {
  /** Disturbs one instance, and not all or another part. */
  one?: true;
  /** Needs the link between the instances and the store. */
  linked?: true;
  /** @returns what the stack lacks for it; undefined when nothing */
  lacks?(stack: Stack, next: InstanceOptions | undefined): string | undefined;
  /** @returns whether it was seen to take effect */
  inject(stage: Stage): Promise<boolean>;
}

/** A fault of whatever system, once it is known which. */
export interface Disturbance extends Facts {
  /** How many instances there are afterwards, where that is not as many as before. */
  instances?: number;
  /** @returns what this machine lacks for it; undefined when nothing */
  lacks?(): string | undefined;
  /** Chooses what is disturbed; nothing is disturbed yet. */
  aim(random: Random): Aim;
}

interface Aim {
  /** What is disturbed, by name. */
  where?: string | undefined;
  /** @returns whether it was seen to take effect */
  inject(means: Means): Promise<boolean>;
}

/** @returns the fault on this stack */
export function onStack(fault: Fault, stack: Stack, next: InstanceOptions | undefined): Disturbance {
  const { lacks, inject, one, ...facts } = fault;
  return {
    ...facts,
    aim(random) {
      const instances = stack.instances();
      const instance = instances[random.below(instances.length)] as Instance;
      const store = fault.part === 'store' ? stack.store.name : undefined;
      return {
        where: one === true ? instance.name : store,
        inject: means => fault.inject({ ...means, stack, instance, next }),
      };
    },
  };
}
