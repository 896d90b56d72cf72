/**
 * The interface of the system under test that Baton starts: instances, a balancer and a store. Local processes and
 * containers implement it.
 */
import type { LogSource } from '../verify/client/logs.ts';

/** The runners of the stack: local processes, containers. */
export const RUNNERS = ['local', 'compose'] as const;
export type Runner = (typeof RUNNERS)[number];

/** One process or container that faults can disturb. Every method resolves once its effect is certain. */
export interface Service {
  readonly name: string;
  /** Ends the part gracefully (SIGTERM) and waits until it has ended. */
  stop(): Promise<void>;
  /** Ends the part at once (SIGKILL) and waits until it has ended. */
  kill(): Promise<void>;
  /** Freezes the part (SIGSTOP). Its sockets stay open, but it sends nothing. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Stops the part if it runs, starts it again with the same address and waits until it is ready. */
  restart(): Promise<void>;
  /** Returns whether the part's process runs; true while it is paused. */
  running(): boolean;
}

/**
 * One app process; `url` is its own address. `stop` and `restart` do not notify the balancer, as in a crash or a
 * careless deploy, so requests may be lost. To lose no request, deregister the instance first.
 */
export interface Instance extends Service {
  readonly url: string;
  /** The options with which the instance was started. Pass them to `add` to start a similar instance. */
  readonly options: InstanceOptions;
}

/** A server behind the instances. */
export interface StoreServer extends Service {
  /** Address of the server itself, not of a proxy before it: `redis://…`. undefined if this machine cannot reach it. */
  readonly url?: string;
  readonly port?: number;
  /**
   * Present if the store has several servers. Then `stop`, `kill` and `pause` act on a primary, and `done` waits until
   * a replica has taken its place. `restart` and `resume` bring the old primary back as a replica. There is no proxy
   * (link) before such a store.
   */
  readonly failover?: { readonly by: 'sentinel' | 'cluster'; done(): Promise<void> };
  /** Removes all data. Throws if the server runs. Absent if that is not possible. */
  wipe?(): void;
}

/**
 * A proxy between two parts of the stack, which can disturb connections. The end of a disturbance does not close open
 * connections.
 */
export interface Link {
  /** Port of the proxy on 127.0.0.1. The proxy forwards connections to the part behind it. */
  readonly port: number;
  /** Number of responses that were cut so far. */
  readonly cuts: number;
  /** Number of times that data had to wait for bandwidth so far. */
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
  /** Forwards new connections to another port. Resets open ones; with `keep`, they stay open to the old port. */
  lead(port: number, options?: { keep?: boolean }): Promise<void>;
  /** Ends all disturbances. */
  restore(): Promise<void>;
}

export interface InstanceOptions {
  /** Added to the environment of only this instance. */
  env?: Record<string, string>;
  /** Program and arguments that run instead of the shipped app. */
  command?: readonly [string, ...string[]];
}

export interface Balancer extends Service {
  readonly url: string;
  /** Routes requests to the instance from now on. */
  register(instance: Instance): Promise<void>;
  /** Stops routing requests to the instance, waits for the requests in flight, and then removes the instance. */
  deregister(instance: Instance): Promise<void>;
  /** Makes the balancer read its configuration again, without dropping a request. */
  reload(): Promise<void>;
  /** Forgets to which instance each visitor is pinned. Absent if the balancer pins no visitors. */
  forget?(): Promise<void>;
  /**
   * Sends a request to another instance too, even a write, if the first instance has not responded within `afterMs`
   * milliseconds. undefined turns this off. Absent if the balancer does not support it.
   */
  repeat?(afterMs: number | undefined): Promise<void>;
}

/** Keeps the number of instances constant, and replaces instances that fail. */
export interface Keeper {
  /** Returns whether the wanted number of instances runs, all are healthy, and none is starting or leaving. */
  whole(): boolean;
  /** Milliseconds within which a new instance serves in place of a crashed instance. */
  readonly recoversWithinMs: number;
  /** Calls the listener each time when an instance has joined or left. @returns a function that removes the listener */
  onChange(listener: () => void): () => void;
}

export interface Stack {
  /** The balancer's address, for clients. */
  readonly url: string;
  instances(): readonly Instance[];
  /** Starts one more instance and registers it with the balancer. */
  add(options?: InstanceOptions): Promise<Instance>;
  /**
   * Removes an instance gracefully: the balancer sends it no new requests, the requests in flight end, and then the
   * instance stops.
   */
  remove(instance: Instance): Promise<void>;
  readonly balancer: Balancer;
  /** Replaces instances that die, and keeps their number. Absent: a dead instance is not replaced. */
  readonly fleet?: Keeper;
  /** The server that stores the sessions. Redis if sessions are not on a server, for example in a cookie. */
  readonly store: StoreServer;
  /** All servers behind the instances, the store first. Users and cards are in Redis, wherever the sessions are. */
  readonly servers: readonly StoreServer[];
  /**
   * Returns a proxy that can disturb connections. Absent if the runner has none.
   * - to a server, by name: all instances reach it through this proxy, if the stack was started with `links`
   * - to an instance, by name: the balancer reaches it through this proxy from then on, until `unlink`
   */
  link?(to: string): Promise<Link>;
  unlink?(to: string): Promise<void>;
  /** Logs of the balancer and of each instance. `add` adds the log of the new instance. */
  readonly logs: readonly LogSource[];
  /** Resolves with a description (name, exit status, last output) once any part ends unexpectedly. */
  readonly died: Promise<string>;
  /** Stops everything, including paused parts and parts that are still starting. Safe to call twice. */
  stop(): Promise<void>;
}

/** Called when a part ends unexpectedly, with a description: its name, the exit status and the last output. */
export type OnDeath = (description: string) => void;

/** The options of every runner. */
export interface StackOptions {
  /** The number of instances at the start, or the options of each. Default 2. */
  instances?: number | readonly InstanceOptions[];
  /** The balancer's port: this port or the next free one (default 8080); with `any`, any free port. */
  port?: number | 'any';
  /** Added to the environment of all instances. */
  env?: Record<string, string>;
  /** True: instances reach servers such as Redis through proxies (links). They cost a little time. */
  links?: boolean;
  /** Called with messages for the user: the steps of the start, and the actions of the fleet. */
  onStep?: (message: string) => void;
  /** Called for each part. `Stack.died` reports only the first one. */
  onDeath?: OnDeath;
  /** Aborts the start: everything is stopped, and the reason of the signal is thrown. */
  signal?: AbortSignal;
}

/** The properties of an instance that a balancer needs. */
export type Routed = Pick<Instance, 'name' | 'url'>;
