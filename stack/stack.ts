/**
 * The system under test as Baton starts it: instances, a balancer and a store.
 * Runners (local processes, containers) implement this interface; nothing above it knows which one runs.
 */
import type { Served } from '../verify/core/history.ts';

/** The ways to run it: local processes, containers. */
export const RUNNERS = ['local', 'compose'] as const;
export type Runner = (typeof RUNNERS)[number];

/** One process or container that can be disturbed. Every method resolves once its effect is certain. */
export interface Service {
  readonly name: string;
  /** Ends it in order (SIGTERM) and waits until it has gone. */
  stop(): Promise<void>;
  /** Ends it at once (SIGKILL) and waits until it has gone. */
  kill(): Promise<void>;
  /** Freezes it (SIGSTOP): its sockets stay open and nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Stops it if it runs, starts it again with the same address and waits until it is ready. */
  restart(): Promise<void>;
  /** Whether its process lives (a paused one does). */
  running(): boolean;
}

/**
 * One app process; `url` reaches it past the balancer.
 * `stop` and `restart` say nothing to the balancer, as a crash or a careless deploy would not: the few requests that
 * it sends just as the instance closes its port are lost. Deregister it first where none may be.
 */
export interface Instance extends Service {
  readonly url: string;
  /** What it was started with: `add` makes another one like it. */
  readonly options: InstanceOptions;
}

/** A server behind the instances. */
interface StoreServer extends Service {
  /** Where its clients reach it, past any link: `redis://…`; undefined where it cannot be reached from here. */
  readonly url?: string;
  /** HOST:PORT of each of those who are asked which server it is at the time. No link leads to it then. */
  readonly sentinels?: readonly string[];
}

/**
 * The way of connections from one part to another, where they can be disturbed: those that are there and those to
 * come. What ends a disturbance leaves live connections alone.
 */
export interface Link {
  /** Connections to it, on 127.0.0.1, lead to the part behind it. */
  readonly port: number;
  /** Answers that were cut so far. */
  readonly cuts: number;
  /** How often data had to wait so far, as the link was too narrow for it. */
  readonly jams: number;
  /** Each piece of data arrives so much later. */
  slow(delayMs: number): void;
  /** So many pass in each direction of a connection. */
  narrow(bytesPerSecond: number): void;
  /** Nothing passes and nobody is told, as when packets are lost: it arrives when that is over. */
  hold(): void;
  /** Each answer breaks off in its middle, and its connection is reset. */
  cutAnswers(): void;
  /** Resets all connections and refuses new ones. */
  refuse(): Promise<void>;
  /** Resets all connections. */
  cut(): void;
  /** Leads to another port from now on; what is connected is cut, or with `keep` stays where it is. */
  lead(port: number, options?: { keep?: boolean }): Promise<void>;
  /** Ends all of these. */
  restore(): Promise<void>;
}

export interface InstanceOptions {
  /** Added to the environment of this instance alone. */
  env?: Record<string, string>;
  /** Runs instead of the shipped app: program and arguments. */
  command?: readonly [string, ...string[]];
}

export interface Balancer extends Service {
  readonly url: string;
  /** Routes to the instance from now on. */
  register(instance: Instance): Promise<void>;
  /** Sends it nothing new and keeps what is in flight, then forgets it. */
  deregister(instance: Instance): Promise<void>;
  /** Reads its configuration again without dropping a request. */
  reload(): Promise<void>;
  /** Forgets which instance it keeps each visitor on: all are placed anew. Absent where it keeps nobody. */
  forget?(): Promise<void>;
  /**
   * From now on sends a request, also one that writes, to another instance as well when the first has not answered in
   * so many milliseconds; undefined ends that. Absent where it cannot be told.
   */
  repeat?(afterMs: number | undefined): Promise<void>;
}

/** Where it can be read afterwards which instance served a request. */
export interface LogSource {
  readonly name: string;
  readonly kind: 'balancer' | 'instance';
  /** Entries from now on, each soon after it was written, until the signal aborts (the rest is read first). */
  follow(signal: AbortSignal): AsyncIterable<Served>;
}

/** Who keeps the number of instances, and replaces those that fail. */
export interface Keeper {
  /** Whether there are as many as are wanted, all fit, and none is on its way in or out. */
  whole(): boolean;
  /** Within so many milliseconds an instance that crashed is replaced by one that serves. */
  readonly recoversWithinMs: number;
  /** Tells each time an instance has joined or left. @returns what ends that */
  onChange(listener: () => void): () => void;
}

export interface Stack {
  /** The balancer's address, as a client types it. */
  readonly url: string;
  instances(): readonly Instance[];
  /** Starts one more instance and registers it with the balancer. */
  add(options?: InstanceOptions): Promise<Instance>;
  /** Takes an instance out in order: nothing new is sent to it, what is in flight ends, then it is stopped. */
  remove(instance: Instance): Promise<void>;
  readonly balancer: Balancer;
  /** Absent where nobody does: then an instance that dies stays away. */
  readonly fleet?: Keeper;
  /** Where sessions live, or Redis where they live in no server. */
  readonly store: StoreServer;
  /** All that is behind the instances, the store first: users and cards are in Redis whatever the store. */
  readonly servers: readonly StoreServer[];
  /**
   * Links that can be disturbed; absent where the runner has none.
   * - to a server, by name: all instances reach it through one link, where the stack was started with `links`
   * - to an instance, by name: the balancer reaches it through one from then on, until `unlink`
   */
  link?(to: string): Promise<Link>;
  unlink?(to: string): Promise<void>;
  /** Of the balancer and of each instance; grows with `add`. */
  readonly logs: readonly LogSource[];
  /** Resolves with a description (name, exit, last output) once any part dies that nobody asked to. */
  readonly died: Promise<string>;
  /** Stops everything, also what is paused or half started. Safe to call twice. */
  stop(): Promise<void>;
}

/** What every runner takes. */
export interface StackOptions {
  /** How many to begin with, or what each of them is to be. Default 2. */
  instances?: number | readonly InstanceOptions[];
  /** The balancer's: this one or the next that is free (default 8080), or any that is free. */
  port?: number | 'any';
  /** Added to the environment of all instances. */
  env?: Record<string, string>;
  /** Whether the instances reach the servers behind them through links, which cost a little time. */
  links?: boolean;
  /** Told what happens while it starts, and what its fleet does, in words for a person. */
  onStep?: (message: string) => void;
  /** Told, each time, what died that nobody asked to. `Stack.died` tells only the first. */
  onDeath?: (description: string) => void;
  /** Gives the start up: everything is stopped, and its reason is thrown. */
  signal?: AbortSignal;
}
