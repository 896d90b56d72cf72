/** Defines the interface of the system under test that Baton starts: instances, a balancer and a session store. */
import type { LogSource } from '../verify/client/logs.ts';

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
 * One instance of the app; `url` is its own address.
 * `stop` and `restart` do not notify the balancer. To lose no request, deregister the instance first.
 */
export interface Instance extends Service {
  readonly url: string;
  /** The options of the start, which `add` takes to start a similar instance. */
  readonly options: InstanceOptions;
}

/** A server that instances use, such as Redis. */
export interface StoreServer extends Service {
  /** Address of the server itself, not of a proxy: `redis://…`. undefined if this machine cannot reach the server. */
  readonly url?: string;
  readonly port?: number;
  /**
   * Present if the store has several servers, without proxies. `stop`, `kill` and `pause` act on the primary.
   * `done` waits until a replica is the primary. `restart` and `resume` make the old primary a replica.
   */
  readonly failover?: { readonly by: 'sentinel' | 'cluster'; done(): Promise<void> };
  /** Removes all data. Throws if the server runs. Absent if the server's data cannot be removed. */
  wipe?(): void;
}

/** A proxy that can disturb connections in the stack. The end of a disturbance does not close open connections. */
export interface Link {
  /** Port of the proxy on 127.0.0.1. */
  readonly port: number;
  /** Number of responses that the proxy has cut so far. */
  readonly cuts: number;
  /** Number of times that data had to wait because of the limited bandwidth. */
  readonly jams: number;
  /** Delays each piece of data by `delayMs`. */
  slow(delayMs: number): void;
  /** Limits the bandwidth in each direction of a connection. */
  narrow(bytesPerSecond: number): void;
  /** Holds all data, as if packets were lost. The data arrives after the disturbance. */
  hold(): void;
  /** Cuts each response in the middle, and resets its connection. */
  cutAnswers(): void;
  /** Resets all connections and refuses new ones. */
  refuse(): Promise<void>;
  /** Resets all connections. */
  cut(): void;
  /** Forwards new connections to another port. Resets open connections; with `keep`, leaves these connections open. */
  lead(port: number, options?: { keep?: boolean }): Promise<void>;
  /** Ends all disturbances. */
  restore(): Promise<void>;
}

export interface InstanceOptions {
  /** Environment variables of only this instance. */
  env?: Record<string, string>;
  /** Program and arguments that run in place of Baton's app. */
  command?: readonly [string, ...string[]];
}

export interface Balancer extends Service {
  readonly url: string;
  /** Makes the balancer route requests to the instance from now on. */
  register(instance: Instance): Promise<void>;
  /** Stops routing requests to the instance, waits for the requests in flight, and removes the instance. */
  deregister(instance: Instance): Promise<void>;
  /** Makes the balancer read its configuration again, without dropping a request. */
  reload(): Promise<void>;
  /** Resets the pinning of visitors to instances. Absent if the balancer pins no visitors. */
  forget?(): Promise<void>;
  /**
   * Also sends a request, even a write, to another instance after `afterMs` ms without a response.
   * undefined turns these repeats off. Absent if the balancer does not support repeats.
   */
  repeat?(afterMs: number | undefined): Promise<void>;
}

/** Keeps the number of instances constant, and replaces instances that fail. */
export interface Keeper {
  /** Returns whether the wanted number of instances runs, all healthy, and no change is in progress. */
  whole(): boolean;
  /** Maximum time until a new instance serves requests in place of a crashed instance, milliseconds. */
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
  /** Absent if the stack does not replace dead instances. */
  readonly fleet?: Keeper;
  /** The server of the sessions; Redis if no server stores sessions. */
  readonly store: StoreServer;
  /** All servers that instances use, the session store first. Users and cards are always in Redis. */
  readonly servers: readonly StoreServer[];
  /**
   * Returns a proxy that can disturb connections. Absent if the stack has no proxies. The name is one of:
   * - name of a server: all instances reach the server through this proxy, if the stack was started with `links`
   * - name of an instance: from the call until `unlink`, the balancer reaches the instance through this proxy
   */
  link?(to: string): Promise<Link>;
  unlink?(to: string): Promise<void>;
  /** Logs of the balancer and of each instance. `add` extends this list. */
  readonly logs: readonly LogSource[];
  /** Resolves with name, exit status and last output of the first process or container that ends unexpectedly. */
  readonly died: Promise<string>;
  /** Stops everything, including paused and starting processes. Can be called more than once. */
  stop(): Promise<void>;
}

/** Called when a process or container ends unexpectedly, with its name, exit status and last output. */
export type OnDeath = (description: string) => void;

export interface StackOptions {
  /** Number of instances at the start, or the options of each instance. 2 by default. */
  instances?: number | readonly InstanceOptions[];
  /** Port of the balancer, 8080 by default, or the next free port. `any` takes any free port. */
  port?: number | 'any';
  /** Environment variables of all instances. */
  env?: Record<string, string>;
  /** True if instances reach servers through proxies, which can disturb connections but slow requests a little. */
  links?: boolean;
  /** Called with messages for the user: steps of the start, and started or replaced instances. */
  onStep?: (message: string) => void;
  /** Called for each process or container that ends unexpectedly. `Stack.died` reports only the first. */
  onDeath?: OnDeath;
  /** Aborts the start: the stack stops everything, and `start` throws the reason of the signal. */
  signal?: AbortSignal;
}

/** The properties of an instance that a balancer needs to route requests. */
export type Routed = Pick<Instance, 'name' | 'url'>;
