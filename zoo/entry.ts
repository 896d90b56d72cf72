/** Defines an entry of the zoo: a deployment, and the verdict that Baton must give for it. */
import type { Beside } from '../stack/local.ts';
import type { NginxAdditions } from '../stack/nginx-files.ts';
import type { BackingServer } from '../stack/servers.ts';
import type { Guarantee } from '../verify/core/result/guarantees.ts';

interface Deployment {
  /**
   * The app that the deployment changes: the card store; the plain host, written like the apps in tutorials; a
   * relying party of OpenID Connect; the token host, a JSON API with refresh tokens; an MCP server; a
   * GraphQL API; or the passwordless host, whose users log in by mails or passkeys.
   */
  readonly host: 'card-store' | 'plain' | 'relying-party' | 'tokens' | 'mcp' | 'graphql' | 'passwordless';
  /**
   * The program of each instance; by default the host's. Usually the file of the entry itself, which starts an instance
   * if Node runs it as the main module (`import.meta.main`).
   */
  readonly program?: URL;
  /** The number of instances; 2 by default. */
  readonly instances?: number;
  /** Environment of all instances. */
  readonly env?: Readonly<Record<string, string>>;
  /** Environments for instances in turn: the first for app-1, the second for app-2; after the last, the first again. */
  readonly each?: readonly Readonly<Record<string, string>>[];
  readonly nginx?: NginxAdditions;
  /** Arguments of redis-server. They override the arguments of the stack. */
  readonly redis?: readonly string[];
  /**
   * Starts a further program, such as a mailbox. In the target file, `${NAME}` stands for the variable NAME
   * that the program adds to the environment of the instances.
   */
  readonly beside?: (store: BackingServer, url: string) => Promise<Beside>;
}

/** Top-level keys of a target file (docs/target-file.md). They replace the host's keys; undefined removes a key. */
type TargetChange = Readonly<Record<string, unknown>>;

interface Common {
  /** The name of the entry: its file name, and the argument of `baton zoo run`. */
  readonly name: string;
  readonly deployment: Deployment;
  readonly target?: TargetChange;
  /** The faults during the run, in the format of `--faults`. With faults, the only workload is `hop`. */
  readonly faults?: string;
  /** The environment of the next version, for the fault rolling-deploy. */
  readonly next?: Readonly<Record<string, string>>;
}

/** A condition that is necessary for a client to see a defect. */
type Need =
  /** Requests of one session on more than one instance. */
  | 'instances'
  /** Requests of one session, or one user, in flight at the same time. */
  | 'overlap'
  /** Two requests of a session within a fraction of a second. */
  | 'haste'
  /** Requests of two users, or of two devices of one user. */
  | 'users'
  /** The first request of a session on an instance; the login counts too. */
  | 'first contact'
  /** The client waits until a timeout of the session has passed. */
  | 'time'
  /** A client sends an older cookie again. */
  | 'replay'
  /** A request that is slower than a timeout of the balancer. */
  | 'slowness'
  /** A session that holds much data. */
  | 'size'
  /** Requests of a session from more than one address. */
  | 'addresses'
  /** Something in the deployment fails, or is replaced, while users send requests. */
  | 'fault';

export interface Defect extends Common {
  readonly kind: 'defect';
  /** Lists show the defect under this guarantee. The defect may also break others. */
  readonly section: Guarantee;
  /** Description of the defect, in a few sentences. */
  readonly broken: string;
  /** How the defect arises in real systems. */
  readonly wild: string;
  /** Where the defect occurred: repository and issue, pull request or advisory. */
  readonly references: readonly string[];
  readonly remedy: string;
  readonly needs: readonly Need[];
  /** The violated guarantee and the anomaly that Baton must report. */
  readonly must: { readonly guarantee: Guarantee; readonly anomaly: string };
  /** Guarantees that the deployment surely keeps. If Baton reports one as violated, that is a false accusation. */
  readonly mustNot: readonly Guarantee[];
}

export interface Control extends Common {
  readonly kind: 'control';
  /** Description of the system, in a few sentences. */
  readonly sound: string;
}

export type ZooEntry = Defect | Control;
