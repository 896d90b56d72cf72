/** What an entry of the zoo says: a deployment, and the verdict that Baton must give of it. */
import type { Beside } from '../stack/local.ts';
import type { NginxAdditions } from '../stack/nginx.ts';
import type { RedisServer } from '../stack/redis.ts';
import type { Guarantee } from '../verify/core/guarantees.ts';

interface Deployment {
  /** The app that it is a variant of: ours, or the one written as tutorials write it. */
  readonly host: 'card-store' | 'plain';
  /** Runs as each instance in place of the host's own program. */
  readonly program?: URL;
  /** How many instances; 2 if not said. */
  readonly instances?: number;
  /** Environment of all instances. */
  readonly env?: Readonly<Record<string, string>>;
  /** Environment of single instances: the first for app-1, the second for app-2, then from the start again. */
  readonly each?: readonly Readonly<Record<string, string>>[];
  readonly nginx?: NginxAdditions;
  /** Arguments of redis-server that win over the stack's. */
  readonly redis?: readonly string[];
  readonly beside?: (store: RedisServer) => Promise<Beside>;
}

/** Top-level keys of a target file (docs/target-file.md) that stand in for the host's; undefined takes one out. */
type TargetChange = Readonly<Record<string, unknown>>;

interface Common {
  /** Of the file, and what `baton zoo run` takes. */
  readonly name: string;
  readonly deployment: Deployment;
  readonly target?: TargetChange;
  /** What is disturbed meanwhile, as `--faults` takes it; the load is hop's alone then. */
  readonly faults?: string;
  /** What the next version has in its environment, for the fault rolling-deploy. */
  readonly next?: Readonly<Record<string, string>>;
}

/** What a client has to do before it can see a defect. */
type Need =
  /** Requests of one session on more than one instance. */
  | 'instances'
  /** Requests of one session, or one user, in flight at the same time. */
  | 'overlap'
  /** Two requests within a fraction of a second. */
  | 'haste'
  /** Two users, or two devices of one user. */
  | 'users'
  /** A request of a session on an instance that has not seen it before, or before others have. */
  | 'first contact'
  /** Waiting for a timeout. */
  | 'time'
  /** A cookie that was kept from an earlier moment is sent again. */
  | 'replay'
  /** A request that is slower than a timeout of the balancer. */
  | 'slowness'
  /** A session that holds much. */
  | 'size'
  /** Requests from more than one address. */
  | 'addresses'
  /** Something that fails, or is replaced, under load. */
  | 'fault';

export interface Defect extends Common {
  readonly kind: 'defect';
  /** The guarantee under which the literature files it. */
  readonly section: Guarantee;
  /** What is broken, in one or two sentences. */
  readonly broken: string;
  /** How it happens in the wild. */
  readonly wild: string;
  /** Where it happened: repository and issue, pull request or advisory. */
  readonly references: readonly string[];
  readonly remedy: string;
  readonly needs: readonly Need[];
  /** The verdict that it must get. */
  readonly must: { readonly guarantee: Guarantee; readonly anomaly: string };
  /** What it keeps: accusing it of these would be wrong. */
  readonly mustNot: readonly Guarantee[];
}

export interface Control extends Common {
  readonly kind: 'control';
  /** What is done right, in one or two sentences. */
  readonly sound: string;
}

export type Entry = Defect | Control;
