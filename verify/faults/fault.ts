/** Defines a fault: how to disturb a running system, and how to heal it. */
import type { Instance, InstanceOptions, Stack } from '../../stack/stack.ts';
import type { Random } from '../random.ts';

/** The values and functions that every fault can use, on any system. */
export interface Means {
  /** Declared deadline of the target for responses while the store is down, milliseconds. */
  deadline: number;
  /**
   * Registers a function that heals the fault. Call it before you disturb. The heals run in reverse order, also if
   * the fault throws or the run is stopped.
   */
  undo(heal: () => Promise<unknown>): void;
  /** Waits for a time, or until the run is stopped. The load continues. */
  wait(milliseconds: number): Promise<void>;
  /** Waits up to 5 s until the condition is true. @returns false if the condition is still false after 5 s */
  shown(condition: () => boolean | Promise<boolean>): Promise<boolean>;
  /** Returns the number of signed-in requests that an instance has served since the fault began. */
  answered(instance: string): number;
  /** Returns whether the load shows the fault: requests fail, or the set of serving instances has changed. */
  showsFault(): boolean;
  /** Returns the number of times that a session moved to another instance since the fault began. */
  moved(): number;
  /** Sets what the report says about the fault, such as `2 instances restarted`. */
  did(text: string): void;
  /** Log file for the output of the fault's commands. */
  log: string;
  /** The signal that aborts when the run must stop. */
  signal: AbortSignal;
}

/** The values and functions that a fault of the bundled stack can use. */
export interface Stage extends Means {
  stack: Stack;
  /** The instance to disturb, chosen at random by the seed. */
  instance: Instance;
  /** Options of the next version of the app, from `--next`; undefined without it. */
  next: InstanceOptions | undefined;
}

/** The properties of a fault that are known before it is performed. */
export interface FaultTraits {
  /** Name of the fault in `--faults`. */
  name: string;
  part: 'instance' | 'balancer' | 'store';
  /** A short text that says what the fault does. */
  does: string;
  /** The fault is a part of a deploy: `--faults deploy` performs it. */
  deploy?: true;
  /** The store responds to no request while the fault lasts. */
  down?: true;
  /** The fault deletes data, and no app can prevent that. Baton performs the fault only if `--faults` names it. */
  loses?: true;
  /** Returns the time between the injection and the heals, milliseconds. Default: 1,500. */
  lasts?(means: Means): number;
}

/** A fault of the bundled stack. */
export interface StackFault extends FaultTraits {
  /** The fault disturbs a single instance. */
  one?: true;
  /** The fault needs a link: a proxy between the instances and the store that can delay and cut connections. */
  linked?: true;
  /** Returns what the stack lacks for this fault, such as `a second instance`; undefined if it lacks nothing. */
  lacks?(stack: Stack, next: InstanceOptions | undefined): string | undefined;
  /** Performs the fault. Returns whether its effect was seen. */
  inject(stage: Stage): Promise<boolean>;
}

/** A fault together with the system that it disturbs: the bundled stack or another system. */
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

/** Returns the fault with the bundled stack as the system that it disturbs. */
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
