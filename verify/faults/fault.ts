/** What every fault is: a disturbance of a running stack, and what heals it. */
import type { Instance, InstanceOptions, Stack } from '../../stack/stack.ts';

/** What a fault has to work with. */
export interface Stage {
  stack: Stack;
  /** The instance that is disturbed, where one is: drawn from the seed. */
  instance: Instance;
  /** What the next version of the app differs in, where somebody said so. */
  next: InstanceOptions | undefined;
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
  /** Says what was done, in a few words, for the report: `2 instances restarted`. */
  did(text: string): void;
}

export interface Fault {
  /** As `--faults` takes it. */
  name: string;
  part: 'instance' | 'balancer' | 'store';
  /** What it does, in a few words. */
  does: string;
  /** Disturbs one instance, and not all or another part. */
  one?: true;
  /** The store answers nobody while it lasts. */
  down?: true;
  /** Takes away what no app can keep, or needs a store that promises more: only on request. */
  loses?: true;
  /** Needs the link between the instances and the store. */
  linked?: true;
  /** How long it lasts once it was injected, milliseconds; 1.5 s when absent. */
  lasts?(stage: Stage): number;
  /** @returns what the stack lacks for it; undefined when nothing */
  lacks?(stack: Stack, next: InstanceOptions | undefined): string | undefined;
  /** @returns whether it was seen to take effect */
  inject(stage: Stage): Promise<boolean>;
}
