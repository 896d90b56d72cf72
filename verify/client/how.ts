/** Defines the options of a session's request, such as the instance. */
import type { Action, With } from '../core/history/history.ts';
import type { Held } from './barrier.ts';
import type { Call } from './call.ts';
import type { Way } from './instances.ts';
import type { Send } from './send.ts';
import type { SessionClient } from './session-client.ts';
import type { Text } from './texts.ts';

export interface How {
  /** Name of the instance to send to. By default, the balancer chooses. */
  to?: string | undefined;
  /** A barrier, which makes the request overlap other requests. */
  held?: Held | undefined;
  /** If true, a redirect is complete when its headers have arrived. */
  early?: boolean | undefined;
  /** If true, the history gets the label (a keyed hash) of the sent session cookie. */
  labelled?: boolean | undefined;
  query?: string | undefined;
  /** Length to which the written value is padded, characters. The history has the value without padding. */
  size?: number | undefined;
  /** A text that is hard to encode. It is written instead of a value of letters and digits. */
  text?: Text | undefined;
  /** Planned start of the request, microseconds on the run's clock. Absent without `--rate`. */
  due?: number | undefined;
  /** If true, the client ignores the response to a token refresh, as if the network had lost the response. */
  lost?: boolean | undefined;
  /** Called during a login, before its last request and before each of its `steps`. */
  between?: (() => Promise<void>) | undefined;
  /** Another client, whose cookies are sent instead of the session's own. */
  as?: { client: SessionClient; with: With; change?: string } | undefined;
}

/**
 * Returns the options for the second and later requests of an action, without the planned time of the first request.
 */
export const further = ({ due: _, ...how }: How): How => how;

export type What = Pick<Call, 'list' | 'settle' | 'later' | 'token'> & {
  action: Action;
  object?: string;
  objectName?: string;
  value?: string;
  unmarked?: boolean;
};

/** The names of client, session and user, which all operations of a session have in the history. */
export interface Who {
  client: string;
  session: string;
  user: string;
}

/**
 * Returns the fields of an operation that are known before its request. Sets undefined fields too, because V8 reads
 * objects with the same fields faster.
 */
export function callOf({ client, session, user }: Who, what: What, how: How, way: Way | undefined): Call {
  return {
    client,
    session,
    user,
    action: what.action,
    object: what.object,
    objectName: what.objectName,
    value: what.value,
    unmarked: what.unmarked,
    list: what.list,
    settle: what.settle,
    later: what.later,
    token: what.token,
    labelled: how.labelled,
    due: how.due,
    with: how.as?.with,
    change: how.as?.change,
    address: way?.origin === undefined ? undefined : how.to,
    steered: way !== undefined && way.origin === undefined ? true : undefined,
  };
}

/** Applies the options to a request. Returns the same request if it needs no change. */
export function routed(send: Send, how: How, way: Way | undefined, client: SessionClient): Send {
  const { query = '', held, early } = how;
  const path = send.path.startsWith('/') ? withQuery(send.path, query) : send.path;
  const shown = send.shown ?? client.recordable(path);
  const changed = path !== send.path || shown !== path || held !== undefined || early !== undefined;
  if (!changed && way === undefined) return send;
  const sent: Send = { ...send, path, shown, held, early };
  if (way === undefined || !path.startsWith('/')) return sent;
  return { ...sent, headers: { ...send.headers, ...way.headers }, origin: way.origin, cookies: way.cookies };
}

const withQuery = (path: string, query: string): string =>
  query === '' || path.includes('#') ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;

export const get = (path: string): Send => ({ method: 'GET', path });
