/** Defines a fault: how to disturb a running system, and how to heal it. */
import type { Instance, InstanceOptions, Stack } from '../../stack/stack.ts';
import type { Random } from '../random.ts';

/** The values and functions that every fault can use, on any system. */
export interface Means {
  /** Declared deadline of the target for responses while the store is down, milliseconds. */
  deadline: number;
  /**
   * Registers a function that heals the fault. Must be called before the fault disturbs the system. The functions run
   * in reverse order, even if the fault throws or the run is stopped.
   */
  undo(heal: () => Promise<unknown>): void;
  /** Waits for a time, or until the run is stopped. The load continues. */
  wait(milliseconds: number): Promise<void>;
  /** Waits up to 5 s until the condition is true. @returns false if the condition is still false after 5 s */
  shown(condition: () => boolean | Promise<boolean>): Promise<boolean>;
  /** Returns the number of signed-in requests that an instance has served since the fault began. */
  answered(instance: string): number;
  /** Returns whether the load shows the fault: requests fail, or the instances that serve requests have changed. */
  showsFault(): boolean;
  /** Returns the number of times that a session moved to another instance since the fault began. */
  moved(): number;
  /** Sets the text that the report shows about the fault, such as `2 instances restarted`. */
  did(text: string): void;
  /** Path of the log file for the output of the fault's commands. */
  log: string;
  /** The signal that aborts when the run must stop. */
  signal: AbortSignal;
}

/** The values and functions that a fault of the bundled stack can use. */
export interface Stage extends Means {
  stack: Stack;
  /** The instance to disturb. It is chosen at random by the seed. */
  instance: Instance;
  /** Options of the next version of the app, from `--next`; undefined without `--next`. */
  next: InstanceOptions | undefined;
}

/** The properties of a fault that are known before it is performed. */
export interface FaultTraits {
  /** Name by which the user chooses the fault in `--faults`. */
  name: string;
  part: 'instance' | 'balancer' | 'store';
  /** A short text that says what the fault does. */
  does: string;
  /** True if the fault is a part of a deploy, so that `--faults deploy` performs it. */
  deploy?: true;
  /** True if the store responds to no request while the fault lasts. */
  down?: true;
  /** True if the fault deletes data that no app can save. Baton performs such a fault only if `--faults` names it. */
  loses?: true;
  /** Returns the time between injecting and healing the fault, milliseconds. Default: 1,500. */
  lasts?(means: Means): number;
}

/** A fault of the bundled stack. */
export interface StackFault extends FaultTraits {
  /** True if the fault disturbs a single instance. */
  one?: true;
  /** True if the fault needs a link: a proxy between the instances and the store that can delay and cut connections. */
  linked?: true;
  /** Returns what the stack lacks for this fault, such as `a second instance`; undefined if it lacks nothing. */
  lacks?(stack: Stack, next: InstanceOptions | undefined): string | undefined;
  /** Performs the fault. Returns whether its effect was seen. */
  inject(stage: Stage): Promise<boolean>;
}

/** A fault together with the system that it will disturb: the bundled stack or another system. */
export interface Disturbance extends FaultTraits {
  /** Number of instances after the fault; absent if the fault does not change this number. */
  instances?: number;
  /** Returns what this machine lacks for this fault, such as `kubectl on the PATH`; undefined if it lacks nothing. */
  lacks?(): string | undefined;
  /** Chooses at random what to disturb, such as one instance. Does not disturb it yet. */
  aim(random: Random): Aim;
}

interface Aim {
  /** Name of the instance, store or service that is disturbed. */
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
