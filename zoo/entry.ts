/** Defines an entry of the zoo: a broken or healthy deployment, with the verdict that Baton must give. */
import type { Beside } from '../stack/local.ts';
import type { NginxAdditions } from '../stack/nginx.ts';
import type { BackingServer } from '../stack/servers.ts';
import type { Guarantee } from '../verify/core/result/guarantees.ts';

interface Deployment {
  /**
   * The app that the deployment changes: the web shop (`card-store`), an app as in tutorials (`plain`), or an app
   * with a different kind of login or protocol.
   */
  readonly host: 'card-store' | 'plain' | 'relying-party' | 'tokens' | 'mcp' | 'graphql' | 'passwordless';
  /**
   * Program of each instance. By default, the program of the app `host`. Most entries name their own file, which starts
   * an instance when Node runs the file.
   */
  readonly program?: URL;
  /** Number of instances; 2 by default. */
  readonly instances?: number;
  /** Environment variables of all instances. */
  readonly env?: Readonly<Record<string, string>>;
  /** Environment variables of single instances, app-1 first. If there are more instances, the list starts again. */
  readonly each?: readonly Readonly<Record<string, string>>[];
  readonly nginx?: NginxAdditions;
  /** Additional arguments of redis-server. They override Baton's own arguments. */
  readonly redis?: readonly string[];
  /**
   * Starts an additional program, such as a mailbox. It can set variables for the instances. The target file reads them
   * as `${NAME}`.
   */
  readonly beside?: (store: BackingServer, url: string) => Promise<Beside>;
}

/** Top-level keys that override those of the app's target file. The value undefined removes a key. */
type TargetChange = Readonly<Record<string, unknown>>;

interface Common {
  /** Name of the entry's file, and argument of `baton zoo run`. */
  readonly name: string;
  readonly deployment: Deployment;
  readonly target?: TargetChange;
  /** Faults in the format of the option `--faults`. A run with faults has only the workload `hop`. */
  readonly faults?: string;
  /** Environment variables of the app's next version, which the fault rolling-deploy starts. */
  readonly next?: Readonly<Record<string, string>>;
}

/** A condition that must hold so that a client can see a defect. */
type Need =
  /** Several instances get requests of one session. */
  | 'instances'
  /** Requests of one session, or of one user, are in flight at the same time. */
  | 'overlap'
  /** Two requests of one session are only a fraction of a second apart. */
  | 'haste'
  /** Two users, or two devices of one user, send requests. */
  | 'users'
  /** An instance gets its first request of a session that another instance created. */
  | 'first contact'
  /** The client waits until a timeout of the session has passed. */
  | 'time'
  /** A client resends an old session cookie. */
  | 'replay'
  /** A request takes longer than a timeout of the balancer. */
  | 'slowness'
  /** A session contains much data. */
  | 'size'
  /** Requests of one session come from several IP addresses. */
  | 'addresses'
  /** A part of the deployment fails, or is replaced, while users send requests. */
  | 'fault';

export interface Defect extends Common {
  readonly kind: 'defect';
  /** The main guarantee that the defect breaks. */
  readonly section: Guarantee;
  /** Describes the defect in a few sentences. */
  readonly broken: string;
  /** Says how the defect arises in real systems. */
  readonly wild: string;
  /** Issues, pull requests or advisories that report the defect. */
  readonly references: readonly string[];
  readonly remedy: string;
  readonly needs: readonly Need[];
  /** The violation that Baton must find. */
  readonly must: { readonly guarantee: Guarantee; readonly anomaly: string };
  /** Guarantees that the deployment certainly keeps. Baton must not report them as violated. */
  readonly mustNot: readonly Guarantee[];
}

export interface Control extends Common {
  readonly kind: 'control';
  /** Describes the healthy system in a few sentences. */
  readonly sound: string;
}

export type ZooEntry = Defect | Control;
