/** Defines the interface of the system under test that Baton starts: instances, a balancer and a session store. */
import type { LogSource } from '../verify/client/logs.ts';
import type { ProxyLink } from './link.ts';

export const RUNNERS = ['local', 'compose'] as const;
export type Runner = (typeof RUNNERS)[number];

/** A process or container that faults can disturb. Every method resolves once its effect is certain. */
export interface Service {
  readonly name: string;
  /** Ends the process or container gracefully (SIGTERM). */
  stop(): Promise<void>;
  /** Ends the process or container at once (SIGKILL). */
  kill(): Promise<void>;
  /** Freezes the process or container (SIGSTOP). The sockets stay open, but send nothing. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Restarts the process or container at the same address, and waits until it is ready. */
  restart(): Promise<void>;
  /** Returns whether the process or container runs. Also true after `pause`. */
  running(): boolean;
}

/**
 * One instance of the app. `stop` and `restart` do not notify the balancer; to lose no request, deregister the
 * instance first.
 */
export interface Instance extends Service {
  readonly url: string;
  readonly options: InstanceOptions;
}

/** A server that instances use, such as Redis. */
export interface StoreServer extends Service {
  /**
   * Address of the server itself, not of a proxy, such as `redis://…`. undefined if this machine cannot reach the
   * server.
   */
  readonly url?: string;
  readonly port?: number;
  /**
   * Present if the store has several servers. `stop`, `kill` and `pause` act on the primary, and `done` waits until a
   * replica is the primary.
   */
  readonly failover?: { readonly by: 'sentinel' | 'cluster'; done(): Promise<void> };
  /** Removes all data. Throws if the server runs. Absent if the server's data cannot be removed. */
  wipe?(): void;
}

export interface InstanceOptions {
  /** Environment variables of only this instance. */
  env?: Record<string, string>;
  /** Program and arguments that run in place of Baton's app. */
  command?: readonly [string, ...string[]];
}

export interface Balancer extends Service {
  readonly url: string;
  register(instance: Instance): Promise<void>;
  /** Removes the instance from the balancer, and waits until its requests in flight have ended. */
  deregister(instance: Instance): Promise<void>;
  /** Makes the balancer read its configuration again, without dropping a request. */
  reload(): Promise<void>;
  /** Resets the pinning of visitors to instances. Absent if the balancer pins no visitors. */
  forget?(): Promise<void>;
  /**
   * Resends a request, even a write, to a second instance after `afterMs` ms without a response. undefined turns this
   * off. Absent if the balancer cannot do this.
   */
  repeat?(afterMs: number | undefined): Promise<void>;
}

/** Keeps the number of instances constant, and replaces instances that fail. */
export interface Keeper {
  /** Returns true if the wanted number of instances runs, all are healthy, and no change is in progress. */
  whole(): boolean;
  /** Maximum time to replace a crashed instance by an instance that serves requests, milliseconds. */
  readonly recoversWithinMs: number;
  /** Calls the listener after each added or removed instance. Returns a function that removes the listener. */
  onChange(listener: () => void): () => void;
}

export interface Stack {
  /** Address at which clients reach the balancer. */
  readonly url: string;
  instances(): readonly Instance[];
  /** Starts one more instance and registers the instance with the balancer. */
  add(options?: InstanceOptions): Promise<Instance>;
  /** Deregisters the instance, waits for its requests in flight, and stops the instance. */
  remove(instance: Instance): Promise<void>;
  readonly balancer: Balancer;
  /** Absent if the stack does not replace failed instances. */
  readonly fleet?: Keeper;
  /** Server that stores the sessions. This is Redis if the instances keep sessions in memory or in cookies. */
  readonly store: StoreServer;
  /** All servers that instances use. The session store comes first. */
  readonly servers: readonly StoreServer[];
  /**
   * Returns a proxy that can disturb connections. Absent if the stack has no proxies.
   * @param to a server (requires the option `links`), or an instance (the proxy is then between balancer and
   * instance, until `unlink`)
   */
  link?(to: string): Promise<ProxyLink>;
  unlink?(to: string): Promise<void>;
  /** Logs of the balancer and of all instances, including those that `add` starts. */
  readonly logs: readonly LogSource[];
  /** Resolves with name, exit status and last output of the first process or container that ends unexpectedly. */
  readonly died: Promise<string>;
  /** Stops everything, including paused and starting processes. Can be called more than once. */
  stop(): Promise<void>;
}

/** Called when a process or container ends unexpectedly, with its name, exit status and last output. */
export type OnDeath = (description: string) => void;

export interface StackOptions {
  /** Number of instances, or the options of each instance; 2 by default. */
  instances?: number | readonly InstanceOptions[];
  /** Port of the balancer; 8080 by default, or the next free port. `any` takes any free port. */
  port?: number | 'any';
  /** Environment variables of all instances. */
  env?: Record<string, string>;
  /** True if instances reach servers through proxies that can disturb connections. Slows requests a little. */
  links?: boolean;
  /** Called with messages for the user, such as a step of the start or a replaced instance. */
  onStep?: (message: string) => void;
  /** Called for each process or container that ends unexpectedly. `Stack.died` reports only the first. */
  onDeath?: OnDeath;
  /** Aborts the start. The stack then stops everything, and `start` throws the signal's reason. */
  signal?: AbortSignal;
}

export type Routed = Pick<Instance, 'name' | 'url'>;
