/**
 * Defines the interface of the system under test that Baton starts: instances, a balancer and a session store. Local
 * processes and containers implement it.
 */
import type { LogSource } from '../verify/client/logs.ts';

/** The ways to run the stack: as local processes, or as containers. */
export const RUNNERS = ['local', 'compose'] as const;
export type Runner = (typeof RUNNERS)[number];

/** A process or container that faults can disturb. Every method resolves once its effect is certain. */
export interface Service {
  readonly name: string;
  /** Ends the process or container gracefully (SIGTERM) and waits until it has ended. */
  stop(): Promise<void>;
  /** Ends the process or container at once (SIGKILL) and waits until it has ended. */
  kill(): Promise<void>;
  /** Freezes the process or container (SIGSTOP). Its sockets stay open, but it sends nothing. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Stops the process or container if it runs, starts it again at the same address, and waits until it is ready. */
  restart(): Promise<void>;
  /** Returns whether the process or container runs. Also true while it is frozen by `pause`. */
  running(): boolean;
}

/**
 * One process or container of the app; `url` is its own address. `stop` and `restart` do not notify the balancer, as in
 * a crash or a careless deploy, so requests may be lost. To lose no request, deregister the instance from the balancer
 * first.
 */
export interface Instance extends Service {
  readonly url: string;
  /** Options with which the instance was started. Pass them to `add` to start a similar instance. */
  readonly options: InstanceOptions;
}

/** A server that instances use, such as Redis. */
export interface StoreServer extends Service {
  /**
   * Address of the server itself, even if there is a proxy before it: `redis://…`. undefined if the server cannot be
   * reached from this machine.
   */
  readonly url?: string;
  readonly port?: number;
  /**
   * Present if the session store consists of several servers. Then `stop`, `kill` and `pause` act on the primary, and
   * `done` waits until a replica has replaced it. `restart` and `resume` bring the old primary back as a replica. There
   * is no proxy (link) before such a store.
   */
  readonly failover?: { readonly by: 'sentinel' | 'cluster'; done(): Promise<void> };
  /** Removes all data. Throws if the server runs. Absent if the data of the server cannot be removed. */
  wipe?(): void;
}

/**
 * A proxy between two processes of the stack, which can disturb their connections. The end of a disturbance does not
 * close open connections.
 */
export interface Link {
  /** Port of the proxy on 127.0.0.1. The proxy forwards connections to the server or instance behind it. */
  readonly port: number;
  /** Number of responses that the proxy has cut so far. */
  readonly cuts: number;
  /** Number of times that data had to wait because of the limited bandwidth. */
  readonly jams: number;
  /** Delays each piece of data by `delayMs`. */
  slow(delayMs: number): void;
  /** Limits the bandwidth in each direction of a connection. */
  narrow(bytesPerSecond: number): void;
  /** Holds all data without an error, as if packets were lost. The data arrives after the disturbance. */
  hold(): void;
  /** Cuts each response in the middle, and resets its connection. */
  cutAnswers(): void;
  /** Resets all connections and refuses new ones. */
  refuse(): Promise<void>;
  /** Resets all connections. */
  cut(): void;
  /**
   * Forwards new connections to another port. Resets open connections. With `keep`, open connections stay open to the
   * old port.
   */
  lead(port: number, options?: { keep?: boolean }): Promise<void>;
  /** Ends all disturbances. */
  restore(): Promise<void>;
}

export interface InstanceOptions {
  /** Additional environment variables of only this instance. */
  env?: Record<string, string>;
  /** Program and arguments that run in place of the app that comes with Baton. */
  command?: readonly [string, ...string[]];
}

export interface Balancer extends Service {
  readonly url: string;
  /** Makes the balancer route requests to the instance from now on. */
  register(instance: Instance): Promise<void>;
  /**
   * Makes the balancer stop routing requests to the instance, waits for the requests in flight, and then removes the
   * instance.
   */
  deregister(instance: Instance): Promise<void>;
  /** Makes the balancer read its configuration again, without dropping a request. */
  reload(): Promise<void>;
  /** Resets the pinning of all visitors to instances. Absent if the balancer pins no visitors. */
  forget?(): Promise<void>;
  /**
   * Makes the balancer also send a request to another instance, even a write, if the first instance has not responded
   * within `afterMs` milliseconds. undefined turns this off. Absent if the balancer does not support it.
   */
  repeat?(afterMs: number | undefined): Promise<void>;
}

/** Keeps the number of instances constant, and replaces instances that fail. */
export interface Keeper {
  /**
   * Returns whether the wanted number of instances runs, all of them are healthy, and none is being started or ended.
   */
  whole(): boolean;
  /** Maximum time until a new instance serves requests in place of a crashed instance, milliseconds. */
  readonly recoversWithinMs: number;
  /**
   * Adds a listener that is called each time an instance has been added or removed.
   *
   * @returns a function that removes the listener
   */
  onChange(listener: () => void): () => void;
}

export interface Stack {
  /** Address at which clients reach the balancer. */
  readonly url: string;
  instances(): readonly Instance[];
  /** Starts one more instance and registers it with the balancer. */
  add(options?: InstanceOptions): Promise<Instance>;
  /**
   * Removes an instance gracefully: the balancer sends it no new requests, the requests in flight end, and then the
   * instance is stopped.
   */
  remove(instance: Instance): Promise<void>;
  readonly balancer: Balancer;
  /**
   * Keeps the number of instances constant by replacing instances that die. Absent if dead instances are not replaced.
   */
  readonly fleet?: Keeper;
  /**
   * The server that stores the sessions. If no server stores sessions, for example because they are in cookies, it is
   * Redis.
   */
  readonly store: StoreServer;
  /**
   * All servers that instances use, the session store first. Users and cards are always in Redis, wherever the sessions
   * are.
   */
  readonly servers: readonly StoreServer[];
  /**
   * Returns a proxy that can disturb connections. Absent if the stack has no proxies. The name is one of:
   * - name of a server: all instances reach the server through this proxy, if the stack was started with `links`
   * - name of an instance: from the call until `unlink`, the balancer reaches the instance through this proxy
   */
  link?(to: string): Promise<Link>;
  unlink?(to: string): Promise<void>;
  /** The logs of the balancer and of each instance. When `add` starts an instance, its log is added to this list. */
  readonly logs: readonly LogSource[];
  /**
   * Resolves when the first process or container ends unexpectedly, with a description: name, exit status and last
   * output.
   */
  readonly died: Promise<string>;
  /** Stops everything, including processes that are paused or still starting. Can be called more than once. */
  stop(): Promise<void>;
}

/** Called when a process or container ends unexpectedly, with a description: its name, exit status and last output. */
export type OnDeath = (description: string) => void;

/** The options that every runner of the stack has. */
export interface StackOptions {
  /** Number of instances at the start, or the options of each instance. 2 by default. */
  instances?: number | readonly InstanceOptions[];
  /**
   * Port of the balancer, 8080 by default. If the port is in use, the balancer gets the next free port. With `any`, it
   * gets any free port.
   */
  port?: number | 'any';
  /** Additional environment variables of all instances. */
  env?: Record<string, string>;
  /**
   * True if instances reach servers such as Redis through proxies (links), which can disturb connections. Proxies make
   * each request a little slower.
   */
  links?: boolean;
  /** Called with messages for the user: the steps of the start, and each instance that is started or replaced. */
  onStep?: (message: string) => void;
  /** Called for each process or container that ends unexpectedly. `Stack.died` reports only the first of them. */
  onDeath?: OnDeath;
  /** Aborts the start: the stack stops everything, and `start` throws the reason of the signal. */
  signal?: AbortSignal;
}

/** The properties of an instance that a balancer needs to route requests to it. */
export type Routed = Pick<Instance, 'name' | 'url'>;
