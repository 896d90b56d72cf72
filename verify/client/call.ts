/** Describes an operation before its request is sent. */
import type { Called, Outcome, Returned, With } from '../core/history/history.ts';
import type { Asked, Seen } from '../core/response/interpret.ts';
import { barePath } from '../core/response/paths.ts';
import type { Reply } from '../core/response/reply.ts';
import type { ListRead } from './list-read.ts';

/** Facts about an operation that only a later request can show, such as whether a login with a redirect succeeded. */
type Settled = Pick<Returned, 'issued' | 'lost'> & {
  outcome?: Outcome;
  signedIn?: Seen['signedIn'] | undefined;
  return?: number;
};

/** Functions that each write one operation into the history, in this order. */
export type Later = (() => void)[];

export interface Call extends Asked {
  client: string;
  session: string;
  user: string;
  /** Name of the data that is read or written: `<object>@<session or user>`. */
  objectName?: string | undefined;
  value?: string | undefined;
  with?: With | undefined;
  /** How a forged cookie was changed, such as `cut`. */
  change?: string | undefined;
  /** Name of the instance to which the request is sent directly, without the balancer. */
  address?: string | undefined;
  steered?: boolean | undefined;
  /** Planned start of the request, microseconds on the run's clock. Absent without `--rate`. */
  due?: number | undefined;
  /** The refresh token of the request. The history gets only its label, a keyed hash. */
  token?: string | undefined;
  list?: ListRead | undefined;
  /** Sends further requests to find out the outcome. In the history, they come after this operation. */
  settle?: ((reply: Reply, outcome: Outcome, later: Later) => Promise<Settled>) | undefined;
  /**
   * If present, the recorder does not write this operation. Instead, it adds a function to this list. The caller runs
   * the function after an earlier operation, and the function writes this operation.
   */
  later?: Later | undefined;
  /** If true, the history gets the label (a keyed hash) of the sent session cookie. */
  labelled?: boolean | undefined;
}

/**
 * Returns the fields of an operation that are known before its request is sent.
 *
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
