/** Defines the types of the events in a history. The tables in this folder say what each field means. */
import type * as declared from './declared.ts';
import type * as fields from './fields.ts';
import type { ObjectOf } from './kinds.ts';
import type { LINES } from './lines.ts';

export { FORMAT, VERSION } from './lines.ts';

type Line<Type extends keyof typeof LINES> = { type: Type } & ObjectOf<(typeof LINES)[Type]['fields']>;

export type Run = Line<'run'>;
export type Declared = ObjectOf<typeof declared.DECLARED>;
export type Budget = ObjectOf<typeof declared.BUDGET>;
export type RefreshRules = ObjectOf<typeof declared.REFRESH>;
/** Times of two clocks have an order only if they differ by more than the sum of their uncertainties. */
export type Clock = Line<'clock'>;
export type SessionEvent = Line<'session'>;
/** A line that declares the kind of an object, such as a list. An object without such a line is a set. */
export type ObjectEvent = Line<'object'>;
export type Phase = Line<'phase'>;
export type Called = ObjectOf<typeof fields.CALLED>;
export type Returned = ObjectOf<typeof fields.RETURNED>;
export type CookieChange = ObjectOf<typeof fields.COOKIE>;
export type CookieAttributes = ObjectOf<typeof fields.ATTRIBUTES>;
export type Caching = ObjectOf<typeof fields.CACHING>;
/** The start of an operation that may change something, written before the first byte of the request is sent. */
export type Start = Line<'start'>;
export type End = Line<'end'>;
/** A whole operation. A read has only this line, written when it ended. */
export type Operation = Line<'op'>;
export type Fault = Line<'fault'>;
/** An entry in the log of a balancer or instance, about one request. */
export type Served = Line<'served'>;
export type Fingerprint = Line<'fingerprint'>;
export type Finish = Line<'finish'>;
export type Event = { [Type in keyof typeof LINES]: Line<Type> }[keyof typeof LINES];

export type Action = Called['action'];
/** Cookies that a request sent instead of the cookies in the client's jar. */
export type With = NonNullable<Called['with']>;
export type ObjectKind = ObjectEvent['kind'];
/** `ok`: the operation happened. `fail`: it certainly did not. `info`: it may have happened, or may happen later. */
export type Outcome = Returned['outcome'];
