/** Defines a fault: how to disturb a running system, and how to heal it. */
import type { Instance, InstanceOptions, Stack } from '../../stack/stack.ts';
import type { Random } from '../random.ts';

export interface Means {
  /** Declared deadline for responses while the store is down, milliseconds. */
  deadline: number;
  /**
   * Registers a function that heals the fault. Call this before the fault disturbs the system. The functions run in
   * reverse order, even after an error or stop.
   */
  undo(heal: () => Promise<unknown>): void;
  wait(milliseconds: number): Promise<void>;
  /** Waits up to 5 s until the condition is true. Returns false after 5 s. */
  shown(condition: () => boolean | Promise<boolean>): Promise<boolean>;
  /** Returns the number of signed-in requests that an instance has served since the fault began. */
  answered(instance: string): number;
  /**
   * Returns true if the load shows the fault: requests fail, an instance serves no more requests, or a new instance
   * serves some.
   */
  showsFault(): boolean;
  /** Returns how often a session moved to another instance since the fault began. */
  moved(): number;
  /** Sets the text for the report, such as `2 instances restarted`. */
  did(text: string): void;
  /** Path of the log file for the output of fault commands. */
  log: string;
  signal: AbortSignal;
}

export interface Stage extends Means {
  stack: Stack;
  /** The instance to disturb, chosen at random by the seed. */
  instance: Instance;
  /** Options of the app's next version, from `--next`. */
  next: InstanceOptions | undefined;
}

export interface FaultTraits {
  name: string;
  part: 'instance' | 'balancer' | 'store';
  does: string;
  /** True if `--faults deploy` performs the fault. */
  deploy?: true;
  /** True if the store does not respond during the fault. */
  down?: true;
  /** True if the fault deletes data that no app can save. Such a fault runs only if `--faults` names it. */
  loses?: true;
  /** Returns the time between injecting and healing the fault, milliseconds. Default: 1,500. */
  lasts?(means: Means): number;
}

export interface StackFault extends FaultTraits {
  one?: true;
  /** True if the fault needs a proxy between instances and store, to delay and cut connections. */
  linked?: true;
  /** Returns what the stack lacks for this fault, such as `a second instance`. */
  lacks?(stack: Stack, next: InstanceOptions | undefined): string | undefined;
  /** Performs the fault. Returns whether its effect was seen. */
  inject(stage: Stage): Promise<boolean>;
}

/** A fault together with the system that it disturbs. */
export interface Disturbance extends FaultTraits {
  /** Number of instances after the fault; absent if the fault does not change it. */
  instances?: number;
  /** Returns what this machine lacks for this fault, such as `kubectl on the PATH`. */
  lacks?(): string | undefined;
  /** Chooses at random what to disturb, such as an instance. Disturbs nothing yet. */
  aim(random: Random): Aim;
}

interface Aim {
  /** Name of the disturbed instance, store or service. */
  where?: string | undefined;
  /** Performs the fault. Returns whether its effect was seen. */
  inject(means: Means): Promise<boolean>;
}

/** Returns a fault that will disturb the bundled stack. */
export function onStack(fault: StackFault, stack: Stack, next: InstanceOptions | undefined): Disturbance {
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
