/** Defines an entry of the zoo: a broken or healthy deployment, with the verdict that Baton must give. */
import type { Beside } from '../stack/local.ts';
import type { NginxAdditions } from '../stack/nginx-files.ts';
import type { BackingServer } from '../stack/servers.ts';
import type { Guarantee } from '../verify/core/result/guarantees.ts';

interface Deployment {
  /**
   * The app that the deployment changes: the web shop (`card-store`), an app as in tutorials (`plain`),
   * or one with another kind of login or protocol.
   */
  readonly host: 'card-store' | 'plain' | 'relying-party' | 'tokens' | 'mcp' | 'graphql' | 'passwordless';
  /**
   * Program of each instance; by default that of `host`. Usually the entry's own file,
   * which starts an instance if Node runs the file as the main module (`import.meta.main`).
   */
  readonly program?: URL;
  /** Number of instances; 2 by default. */
  readonly instances?: number;
  /** Environment variables of all instances. */
  readonly env?: Readonly<Record<string, string>>;
  /** Environment variables of single instances, app-1 first. After the last element, the list starts again. */
  readonly each?: readonly Readonly<Record<string, string>>[];
  readonly nginx?: NginxAdditions;
  /** Arguments of redis-server. They override the default arguments. */
  readonly redis?: readonly string[];
  /**
   * Starts an additional program, such as a mailbox, which can add variables to the instances.
   * In the target file, `${NAME}` stands for the variable NAME.
   */
  readonly beside?: (store: BackingServer, url: string) => Promise<Beside>;
}

/** Top-level keys that override those of the app's target file. The value undefined removes a key. */
type TargetChange = Readonly<Record<string, unknown>>;

interface Common {
  /** The name of the entry's file, and the argument of `baton zoo run`. */
  readonly name: string;
  readonly deployment: Deployment;
  readonly target?: TargetChange;
  /** Faults in the format of the option `--faults`. A run with faults has only the workload `hop`. */
  readonly faults?: string;
  /** Environment variables of the next version of the app, which the fault rolling-deploy starts. */
  readonly next?: Readonly<Record<string, string>>;
}

/** A condition that is necessary for a client to see a defect. */
type Need =
  /** A client sends requests of one session to more than one instance. */
  | 'instances'
  /** Requests of one session, or of one user, are in flight at the same time. */
  | 'overlap'
  /** A client sends two requests of a session within a fraction of a second. */
  | 'haste'
  /** Two users, or two devices of one user, send requests. */
  | 'users'
  /** A session contacts an instance for the first time. The login is a contact too. */
  | 'first contact'
  /** The client waits until a timeout of the session has passed. */
  | 'time'
  /** A client sends an old session cookie again. */
  | 'replay'
  /** A request takes longer than a timeout of the balancer. */
  | 'slowness'
  /** A session contains much data. */
  | 'size'
  /** A client sends requests of a session from more than one IP address. */
  | 'addresses'
  /** A part of the deployment fails, or is replaced, while users send requests. */
  | 'fault';

export interface Defect extends Common {
  readonly kind: 'defect';
  /** The main guarantee that the defect breaks. Lists of defects are ordered by this guarantee. */
  readonly section: Guarantee;
  /** Description of the defect, in a few sentences. */
  readonly broken: string;
  /** How the defect arises in real systems. */
  readonly wild: string;
  /** Sources that report the defect: a repository and an issue, a pull request or an advisory. */
  readonly references: readonly string[];
  readonly remedy: string;
  readonly needs: readonly Need[];
  /** The violation that Baton must find. */
  readonly must: { readonly guarantee: Guarantee; readonly anomaly: string };
  /** Guarantees that the deployment surely keeps. Reporting such a guarantee as violated is a false accusation. */
  readonly mustNot: readonly Guarantee[];
}

export interface Control extends Common {
  readonly kind: 'control';
  /** Description of the healthy system, in a few sentences. */
  readonly sound: string;
}

export type ZooEntry = Defect | Control;
