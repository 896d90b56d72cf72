/** Defines the events of a run. The tables in fields.ts say what each field means, and in which unit. */
import type * as fields from './fields.ts';
import type { LINES, ObjectOf } from './fields.ts';

export { FORMAT, VERSION } from './fields.ts';

type Line<Type extends keyof typeof LINES> = { type: Type } & ObjectOf<(typeof LINES)[Type]['fields']>;

/** The first line: the run, its target, and the claims of the target. */
export type Run = Line<'run'>;
export type Declared = ObjectOf<typeof fields.DECLARED>;
export type Budget = ObjectOf<typeof fields.BUDGET>;
export type RefreshRules = ObjectOf<typeof fields.REFRESH>;
/**
 * A clock. Times of two clocks are ordered only if their difference is greater than the sum of the two uncertainties.
 */
export type Clock = Line<'clock'>;
export type SessionEvent = Line<'session'>;
/** Declares the kind of an object whose operations are judged. An object without such a line is a set. */
export type ObjectEvent = Line<'object'>;
/** Marks the start of a part of the run, such as the final reads. */
export type Phase = Line<'phase'>;
export type Called = ObjectOf<typeof fields.CALLED>;
export type Returned = ObjectOf<typeof fields.RETURNED>;
export type CookieChange = ObjectOf<typeof fields.COOKIE>;
export type CookieAttributes = ObjectOf<typeof fields.ATTRIBUTES>;
export type Caching = ObjectOf<typeof fields.CACHING>;
/** The start of an operation that may change something; written before its first byte is sent. */
export type Start = Line<'start'>;
/** The end of the operation whose start line has this id. */
export type End = Line<'end'>;
/** A whole operation: a read has one line, written when it ended; other actions have a start and an end. */
export type Operation = Line<'op'>;
/** A fault. Has a line when it begins, without `end`, and a line when it ends. */
export type Fault = Line<'fault'>;
/** A log entry about one request: which instance served it. */
export type Served = Line<'served'>;
/** The number of instances as estimated before the load. A hint, not evidence. */
export type Fingerprint = Line<'fingerprint'>;
/** The last line of a history. A history without this line is incomplete. */
export type Finish = Line<'finish'>;
export type Event = { [Type in keyof typeof LINES]: Line<Type> }[keyof typeof LINES];

export type Action = Called['action'];
/** Which cookies a request sent instead of those in the client's jar. */
export type With = NonNullable<Called['with']>;
export type ObjectKind = ObjectEvent['kind'];
/** ok: happened. fail: certainly did not happen. info: may have happened, now or later. */
export type Outcome = Returned['outcome'];
