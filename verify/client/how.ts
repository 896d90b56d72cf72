/** Defines the options of the requests of a session, and applies them. */
import type { Action, With } from '../core/history/history.ts';
import type { Held } from './barrier.ts';
import type { Call } from './call.ts';
import type { Way } from './instances.ts';
import type { Send } from './send.ts';
import type { SessionClient } from './session-client.ts';
import type { Text } from './texts.ts';

/** Options for sending a request. */
export interface How {
  /** The instance that must serve the request, if it can be chosen. */
  to?: string | undefined;
  /** Holds back the last byte of the request. */
  held?: Held | undefined;
  /** True: a redirect counts as complete when its head has come. */
  early?: boolean | undefined;
  /** True: the history gets the label of the session cookie that was sent. */
  labelled?: boolean | undefined;
  /** A query that is added to the address of a page. */
  query?: string | undefined;
  /** Length of the value to write, characters. The history has the value without padding. */
  size?: number | undefined;
  /** The kind of text to write. Absent: a text of letters and digits, which may be padded. */
  text?: Text | undefined;
  /** Planned begin of the request, microseconds on the run's clock. Absent if the load has no rate. */
  due?: number | undefined;
  /** True: the client drops the tokens of a refresh, as if the response had been lost. */
  lost?: boolean | undefined;
  /** Called before the last request of a login: after its form and its steps. */
  between?: (() => Promise<void>) | undefined;
  /** Cookies to send instead of the session's own cookies. The session's own cookies do not change. */
  as?: { client: SessionClient; with: With; change?: string } | undefined;
}

/**
 * Returns the options for the further requests of an action. Only the first request of an action has a planned time.
 */
export const further = ({ due: _, ...how }: How): How => how;

export type What = Pick<Call, 'list' | 'settle' | 'later' | 'token'> & {
  action: Action;
  object?: string;
  objectName?: string;
  value?: string;
  unmarked?: boolean;
};

/** The client, the session and the user of the requests, for the history. */
export interface Who {
  client: string;
  session: string;
  user: string;
}

/**
 * Returns the facts of an operation for the history. All these objects have the same fields, so that the JavaScript
 * engine reads them fast.
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

/** Returns a request that goes to the wanted instance. Returns the given request if it needs no change. */
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

/** Adds a query to a path. A read by POST keeps its path, because its name follows the `#`. */
const withQuery = (path: string, query: string): string =>
  query === '' || path.includes('#') ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;

export const get = (path: string): Send => ({ method: 'GET', path });
