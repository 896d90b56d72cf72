/** Describes an operation before its request is sent, for the history. */
import type { Called, Outcome, Returned, With } from '../core/history/history.ts';
import type { Asked, Seen } from '../core/response/interpret.ts';
import { barePath } from '../core/response/paths.ts';
import type { Reply } from '../core/response/reply.ts';
import type { ListRead } from './list-read.ts';

/**
 * Facts about an operation that are known only after a further request: for example, whether a login succeeded, if its
 * response is a redirect.
 */
type Settled = Pick<Returned, 'issued' | 'lost'> & {
  outcome?: Outcome;
  signedIn?: Seen['signedIn'] | undefined;
  return?: number;
};

/**
 * Functions that each write one operation into the history. They are called after an earlier operation has been
 * written: for example, the page after a login must stand after the login.
 */
export type Later = (() => void)[];

/** The fields of an operation that are known before its request is sent. */
export interface Call extends Asked {
  client: string;
  session: string;
  user: string;
  /** Name of the data that is read or written, for the history: `<object>@<session or user>`. */
  objectName?: string | undefined;
  value?: string | undefined;
  with?: With | undefined;
  /** How a forged cookie was changed, such as `cut` for a cookie that was shortened. */
  change?: string | undefined;
  /** Name of the instance to which the request is sent directly, without the balancer. */
  address?: string | undefined;
  steered?: boolean | undefined;
  /**
   * Time at which the request was planned to begin, microseconds on the run's clock; absent if the load has no rate
   * (`--rate`).
   */
  due?: number | undefined;
  /** The refresh token that the request sends. The history gets only its label, a keyed hash (labels.ts). */
  token?: string | undefined;
  /** Present if this request reads one page of a list of several pages: the pages that were read so far. */
  list?: ListRead | undefined;
  /**
   * Sends further requests to find out the outcome, if the response does not show it. In the history, these requests
   * stand after this operation.
   */
  settle?: ((reply: Reply, outcome: Outcome, later: Later) => Promise<Settled>) | undefined;
  /**
   * Present if an earlier operation must be written into the history first. Then the recorder does not write this
   * operation yet. Instead, it adds a function to this list, and the function writes the operation later.
   */
  later?: Later | undefined;
  /**
   * If true, the history gets the label (a keyed hash) of the session cookie that was sent. The label shows which
   * cookie a session had at this request, because a session may change its cookie.
   */
  labelled?: boolean | undefined;
}

/**
 * Returns the fields of an operation that are known before its request is sent.
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

/** Maximum number of entries in the cache of paths whose query was removed. */
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
