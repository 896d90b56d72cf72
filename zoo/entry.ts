/** The type of an entry of the zoo: a deployment, and the verdict that Baton must give for it. */
import type { Beside } from '../stack/local.ts';
import type { NginxAdditions } from '../stack/nginx.ts';
import type { RedisServer } from '../stack/redis.ts';
import type { Guarantee } from '../verify/core/guarantees.ts';

interface Deployment {
  /** The app that the deployment is a variant of: the card store, or the plain host, which is written as in tutorials. */
  readonly host: 'card-store' | 'plain';
  /** The program of each instance; by default that of the host. */
  readonly program?: URL;
  /** The number of instances; 2 by default. */
  readonly instances?: number;
  /** Environment of all instances. */
  readonly env?: Readonly<Record<string, string>>;
  /** Environment of single instances: the first for app-1, the second for app-2, and so on, then from the first again. */
  readonly each?: readonly Readonly<Record<string, string>>[];
  readonly nginx?: NginxAdditions;
  /** Arguments of redis-server, which override those of the stack. */
  readonly redis?: readonly string[];
  readonly beside?: (store: RedisServer) => Promise<Beside>;
}

/** Top-level keys of a target file (docs/target-file.md) that replace the host's; undefined removes a key. */
type TargetChange = Readonly<Record<string, unknown>>;

interface Common {
  /** The name of the file and the argument of `baton zoo run`. */
  readonly name: string;
  readonly deployment: Deployment;
  readonly target?: TargetChange;
  /** The faults during the run, in the format of `--faults`. The only workload is then `hop`. */
  readonly faults?: string;
  /** The environment of the next version, for the fault rolling-deploy. */
  readonly next?: Readonly<Record<string, string>>;
}

/** A condition under which a client sees a defect. */
type Need =
  /** Requests of one session on more than one instance. */
  | 'instances'
  /** Requests of one session, or one user, in flight at the same time. */
  | 'overlap'
  /** Two requests within a fraction of a second. */
  | 'haste'
  /** Two users, or two devices of one user. */
  | 'users'
  /** A request of a session on an instance that has not seen the session, or that sees it before the others. */
  | 'first contact'
  /** Waiting for a timeout. */
  | 'time'
  /** An older cookie is sent again. */
  | 'replay'
  /** A request that is slower than a timeout of the balancer. */
  | 'slowness'
  /** A session with much data. */
  | 'size'
  /** Requests from more than one address. */
  | 'addresses'
  /** A fault: a part fails or is replaced under load. */
  | 'fault';

export interface Defect extends Common {
  readonly kind: 'defect';
  /** The guarantee that the literature assigns it to. */
  readonly section: Guarantee;
  /** Description of the defect, in a few sentences. */
  readonly broken: string;
  /** How it comes about in real systems. */
  readonly wild: string;
  /** Where it occurred: repository and issue, pull request or advisory. */
  readonly references: readonly string[];
  readonly remedy: string;
  readonly needs: readonly Need[];
  /** The verdict that Baton must give. */
  readonly must: { readonly guarantee: Guarantee; readonly anomaly: string };
  /** The guarantees that it keeps: a violation of one of them is a false accusation. */
  readonly mustNot: readonly Guarantee[];
}

export interface Control extends Common {
  readonly kind: 'control';
  /** Description of the system, in a few sentences. */
  readonly sound: string;
}

export type Entry = Defect | Control;
