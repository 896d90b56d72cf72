/** Defines what a fault is: a disturbance of a running system, and how to heal it. */
import type { Instance, InstanceOptions, Stack } from '../../stack/stack.ts';
import type { Random } from '../workloads/random.ts';

/** What every fault has to work with, on any system. */
export interface Means {
  /** Declared deadline of the target for responses while the store is down, milliseconds. */
  deadline: number;
  /** Registers a heal. Call it before the disturbance: heals run in the opposite order, on every path. */
  undo(heal: () => Promise<unknown>): void;
  /** Lets the load run for this time, or until the run is stopped. */
  last(milliseconds: number): Promise<void>;
  /** Waits until the load shows something. @returns whether that happened within 5 s */
  shown(condition: () => boolean | Promise<boolean>): Promise<boolean>;
  /** Returns how many requests an instance has served since the fault began. */
  answered(instance: string): number;
  /** Returns whether the load shows the fault: requests fail, or other instances serve than before. */
  felt(): boolean;
  /** Returns how often a session moved to another instance since the fault began. */
  moved(): number;
  /** Sets a short text for the report about what was done: `2 instances restarted`. */
  did(text: string): void;
  /** File for the output of commands. */
  log: string;
  /** Aborts when the run must stop. */
  signal: AbortSignal;
}

/** What a fault of the bundled stack has to work with. */
export interface Stage extends Means {
  stack: Stack;
  /** The instance to disturb, drawn from the seed. */
  instance: Instance;
  /** How the next version of the app differs, if `--next` says so. */
  next: InstanceOptions | undefined;
}

/** The properties of a fault that are known before it is performed. */
export interface Facts {
  /** Name, as `--faults` takes it. */
  name: string;
  part: 'instance' | 'balancer' | 'store';
  /** A short text about what it does. */
  does: string;
  /** Part of what a deploy does. */
  deploy?: true;
  /** The store serves no request while the fault lasts. */
  down?: true;
  /** The fault removes data that no app can keep, or needs a store that promises more: performed only by name. */
  loses?: true;
  /** Returns how long the fault lasts after the injection, milliseconds; 1.5 s when absent. */
  lasts?(means: Means): number;
}

/** A fault of the bundled stack. */
export interface Fault extends Facts {
  /** Disturbs one instance instead of all, or of another part. */
  one?: true;
  /** Needs the link between the instances and the store. */
  linked?: true;
  /** Returns what the stack lacks for it; undefined when nothing. */
  lacks?(stack: Stack, next: InstanceOptions | undefined): string | undefined;
  /** Performs the fault. Returns whether it was seen to take effect. */
  inject(stage: Stage): Promise<boolean>;
}

/** A fault of any system, bound to that system. */
export interface Disturbance extends Facts {
  /** How many instances exist afterwards, if not as many as before. */
  instances?: number;
  /** Returns what this machine lacks for it; undefined when nothing. */
  lacks?(): string | undefined;
  /** Chooses what to disturb, and disturbs nothing yet. */
  aim(random: Random): Aim;
}

interface Aim {
  /** Name of what is disturbed. */
  where?: string | undefined;
  /** Performs the fault. Returns whether it was seen to take effect. */
  inject(means: Means): Promise<boolean>;
}

/** Returns the fault, bound to this stack. */
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
