/** Defines the events of a run. The tables in this folder say what each field means. */
import type * as declared from './declared.ts';
import type * as fields from './fields.ts';
import type { ObjectOf } from './kinds.ts';
import type { LINES } from './lines.ts';

export { FORMAT, VERSION } from './lines.ts';

type Line<Type extends keyof typeof LINES> = { type: Type } & ObjectOf<(typeof LINES)[Type]['fields']>;

/** The first line. */
export type Run = Line<'run'>;
export type Declared = ObjectOf<typeof declared.DECLARED>;
export type Budget = ObjectOf<typeof declared.BUDGET>;
export type RefreshRules = ObjectOf<typeof declared.REFRESH>;
/** Times of two clocks are ordered only if they differ by more than the sum of the uncertainties. */
export type Clock = Line<'clock'>;
export type SessionEvent = Line<'session'>;
/** An object without such a line is a set. */
export type ObjectEvent = Line<'object'>;
export type Phase = Line<'phase'>;
export type Called = ObjectOf<typeof fields.CALLED>;
export type Returned = ObjectOf<typeof fields.RETURNED>;
export type CookieChange = ObjectOf<typeof fields.COOKIE>;
export type CookieAttributes = ObjectOf<typeof fields.ATTRIBUTES>;
export type Caching = ObjectOf<typeof fields.CACHING>;
/** The start of an operation that may change something, written before its first byte is sent. */
export type Start = Line<'start'>;
export type End = Line<'end'>;
/** A whole operation. A read has one line, written when it ended; other actions have a start and an end. */
export type Operation = Line<'op'>;
export type Fault = Line<'fault'>;
/** A log entry about one request. */
export type Served = Line<'served'>;
export type Fingerprint = Line<'fingerprint'>;
/** The last line. A history without it is incomplete. */
export type Finish = Line<'finish'>;
export type Event = { [Type in keyof typeof LINES]: Line<Type> }[keyof typeof LINES];

export type Action = Called['action'];
/** The cookies that a request sent instead of those in the client's jar. */
export type With = NonNullable<Called['with']>;
export type ObjectKind = ObjectEvent['kind'];
/** ok: happened. fail: certainly did not happen. info: may have happened, now or later. */
export type Outcome = Returned['outcome'];
