/** Defines the facts about an operation that the history gets before its request is sent. */
import type { Called, Outcome, Returned, With } from '../core/history/history.ts';
import type { Asked, Seen } from '../core/response/interpret.ts';
import { barePath } from '../core/response/paths.ts';
import type { Reply } from '../core/response/reply.ts';
import type { ListRead } from './list-read.ts';

/** The facts that a follow-up request decides, because the response alone does not show them. */
type Settled = Pick<Returned, 'issued' | 'lost'> & {
  outcome?: Outcome;
  signedIn?: Seen['signedIn'] | undefined;
  return?: number;
};

/** Functions that report operations. They run after another operation has been reported. */
export type Later = (() => void)[];

/** The facts of an operation that are known before its first byte leaves. */
export interface Call extends Asked {
  client: string;
  session: string;
  user: string;
  /** Name of the object in the history: `<object>@<session or user>`. */
  objectName?: string | undefined;
  value?: string | undefined;
  with?: With | undefined;
  /** Description of the change to a forged cookie. */
  change?: string | undefined;
  /** The instance to which the request is sent directly, if it bypasses the balancer. */
  address?: string | undefined;
  steered?: boolean | undefined;
  /** Planned begin of the request, microseconds on the run's clock. Absent if the load has no rate. */
  due?: number | undefined;
  /** The refresh token that the request sends. The history gets its label. */
  token?: string | undefined;
  /** The read of a list, if this request reads one page of it. */
  list?: ListRead | undefined;
  /**
   * Decides the facts that the response alone does not show. The history gets this operation first, and then the
   * requests that this function sends.
   */
  settle?: ((reply: Reply, outcome: Outcome, later: Later) => Promise<Settled>) | undefined;
  /** Receives the function that reports this operation, because another operation must be reported first. */
  later?: Later | undefined;
  /**
   * True: the history gets the label of the session cookie that was sent. A session may have had several
   * session cookies.
   */
  labelled?: boolean | undefined;
}

/**
 * Returns the facts about an operation for the history.
 *
 * @param run name of the run
 * @param path path of the request, with its query
 */
export function calledOf(call: Call, id: number, run: string, clock: string, path: string): Called {
  const { client, session, user, action } = call;
  const request = `${run}-${id}`;
  const called: Called = { id, clock, client, session, user, action, request, call: 0, path: bareOf(path) };
  if (call.objectName !== undefined) called.object = call.objectName;
  if (call.value !== undefined) called.value = call.value;
  if (call.with !== undefined) called.with = call.with;
  if (call.change !== undefined) called.change = call.change;
  if (call.steered !== undefined) called.steered = call.steered;
  if (call.address !== undefined) called.direct = true;
  return called;
}

/** Maximum number of paths whose short form is kept. */
const PATHS = 1000;
const paths = new Map<string, string>();

function bareOf(path: string): string {
  let bare = paths.get(path);
  if (bare === undefined) {
    bare = barePath(path);
    if (paths.size >= PATHS) paths.clear();
    paths.set(path, bare);
  }
  return bare;
}
