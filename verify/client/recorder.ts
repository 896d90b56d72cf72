/** Records requests as operations of a history. All requests of a run go through it. */
import type {
  Called,
  Clock,
  Fault,
  Fingerprint,
  Finish,
  Operation,
  Outcome,
  Phase,
  Returned,
  Run,
  Served,
  SessionEvent,
  With,
} from '../core/history/history.ts';
import type { Asked, Interpreter, Seen } from '../core/response/interpret.ts';
import { barePath } from '../core/response/paths.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Probe } from '../target/schema.ts';
import type { RecorderClock } from './clock.ts';
import { Rooms } from './cookie-attributes.ts';
import type { Watch } from './exchange.ts';
import type { HistoryFile } from './history-file.ts';
import type { Cookies as SessionCookies } from './jar.ts';
import type { Labeller } from './labels.ts';
import type { ListRead } from './list-read.ts';
import { look } from './look.ts';
import type { WorkerPart } from './part.ts';
import type { Send, SessionClient } from './session-client.ts';
import { Starvation } from './starvation.ts';

/** The facts that a follow-up request decides, because the response alone does not. */
type Settled = Pick<Returned, 'issued' | 'lost'> & {
  outcome?: Outcome;
  signedIn?: Seen['signedIn'] | undefined;
  return?: number;
};

type Cookies = SessionCookies['list'];

/** Functions that report operations. They are called after another operation is reported. */
export type Later = (() => void)[];

/** A response slower than this, microseconds, may have exceeded a timeout. */
const SLOW = 500_000;
/** Maximum number of paths whose short form is kept. */
const PATHS = 1000;
/** Statuses of a proxy whose server did not respond in time. Other quick failures are from the app itself. */
const UNANSWERED = [502, 503, 504];

/** The facts of an operation that are known before its first byte leaves. */
export interface Call extends Asked {
  client: string;
  session: string;
  user: string;
  /** Name of the object in the history: `<object>@<session or user>`. */
  objectName?: string;
  value?: string;
  with?: With;
  /** Description of the change to a forged cookie. */
  change?: string;
  /** The instance whose own address the request is sent to, if it bypasses the balancer. */
  address?: string;
  steered?: boolean;
  /** When the request was to begin, microseconds on the run's clock, if the load has a rate. */
  due?: number;
  /** The refresh token that the request sends. The history gets its label. */
  token?: string | undefined;
  /** The read of a list, if this request reads one page of it. */
  list?: ListRead;
  /**
   * Decides what the response alone does not show. The history gets this operation first, and then the
   * requests that this function sends.
   */
  settle?: (reply: Reply, outcome: Outcome, later: Later) => Promise<Settled>;
  /** Receives the function that reports this operation, because another operation must be reported first. */
  later?: Later;
  /**
   * True: the history gets the label of the session cookie that was sent. A session may have had several
   * session cookies.
   */
  labelled?: boolean;
}

/** The fields of an operation that its response decides. */
type Ended = { return: number } & Omit<Returned, 'return'>;

export interface Recorded {
  operation: Operation;
  reply: Reply;
}

/** Removes the time fields from each type of event, and keeps its other fields. */
type Untimed<E> = E extends unknown ? Omit<E, 'clock' | 'at'> : never;

export class Recorder {
  readonly clock: RecorderClock;
  readonly #history: HistoryFile;
  readonly #run: Run;
  readonly #interpreter: Interpreter;
  readonly #label: Labeller;
  readonly #onOperation: (operation: Operation) => void;
  readonly #objects = new Set<string>();
  readonly #remarks: string[] = [];
  readonly #rooms = new Rooms();
  readonly #starvation: Starvation;
  /** Cache: for each list of cookies that a jar gave, the values of the session cookies in it. */
  #known: { names: readonly string[]; secrets: WeakMap<Cookies, readonly string[]> } = {
    names: [],
    secrets: new WeakMap(),
  };
  readonly #paths = new Map<string, string>();
  /** The last id. Each worker of a run has ids of its own. */
  #ids: number;
  readonly #of: number;
  #disturbed = false;

  constructor(
    history: HistoryFile,
    clock: RecorderClock,
    run: Run,
    interpreter: Interpreter,
    label: Labeller,
    onOperation: (operation: Operation) => void,
    { number, of }: WorkerPart = { number: 0, of: 1 },
  ) {
    this.#ids = number;
    this.#of = of;
    this.clock = clock;
    this.#starvation = new Starvation(() => clock.now());
    this.#history = history;
    this.#run = run;
    this.#interpreter = interpreter;
    this.#label = label;
    this.#onOperation = onOperation;
    history.write(run);
    history.write({
      type: 'clock',
      clock: clock.name,
      base: clock.base,
      uncertainty: clock.uncertainty,
    } satisfies Clock);
  }

  /** Sends one request of an operation and records it. Never throws for errors of the network. */
  async perform(
    call: Call,
    client: Pick<SessionClient, 'send'>,
    send: Send,
    signal?: AbortSignal,
  ): Promise<Recorded> {
    const { action, object, unmarked, list, settle, later } = call;
    const changes = action !== 'read' && action !== 'form';
    const moments = new Moments(this, this.#called(call, send), changes, call);
    const { called } = moments;
    send.watch = moments;
    send.once = changes;
    send.id = called.request;
    const reply = await client.send(send, signal);
    moments.ends(reply);
    this.#narrow(reply.cookies);
    const asked = { action, object, unmarked, path: send.path };
    const seen = named(this.#interpreter.seen(reply, asked), call.address);
    // Other hosts, such as an identity provider, are no instances of the target.
    if (!send.path.startsWith('/')) Object.assign(seen, { instance: undefined, source: undefined });
    if (list !== undefined) Object.assign(called, list.turn(send.path, called, reply, seen));
    const returned = this.#returned(reply, seen, moments);
    if (settle === undefined && later === undefined) return this.#report(changes, called, returned, reply);
    const afterwards: Later = [];
    if (settle !== undefined) Object.assign(returned, await settle(reply, seen.outcome, afterwards));
    if (later === undefined) {
      const recorded = this.#report(changes, called, returned, reply);
      for (const reportLater of afterwards) reportLater();
      return recorded;
    }
    later.push(() => void this.#report(changes, called, returned, reply), ...afterwards);
    return { operation: { type: 'op', ...called, ...returned }, reply };
  }

  #report(changes: boolean, called: Called, returned: Ended, reply: Reply): Recorded {
    const operation: Operation = Object.assign(called, returned, { type: 'op' as const });
    if (changes) this.#history.write({ type: 'end', id: called.id, ...returned });
    else this.#history.write(operation);
    this.#onOperation(operation);
    return { operation, reply };
  }

  /** Writes the start of an operation that changes something, so that a kill of Baton cannot lose it. */
  starts(called: Called): void {
    this.#history.writeNow({ type: 'start', ...called });
  }

  /** Returns the label of the session cookie among the cookies of a request. */
  labelOf(cookies: Cookies): string | undefined {
    const [sent] = this.secrets(cookies);
    return sent === undefined ? undefined : this.#label(sent);
  }

  /** Returns the label of a secret. */
  label(secret: string): string {
    return this.#label(secret);
  }

  #called(call: Call, { path, shown = path }: Send): Called {
    this.#ids += this.#of;
    const id = this.#ids;
    const called: Called = {
      id,
      clock: this.clock.name,
      client: call.client,
      session: call.session,
      user: call.user,
      action: call.action,
      request: `${this.#run.run}-${id}`,
      call: 0,
      path: this.#bare(shown),
    };
    if (call.objectName !== undefined) called.object = call.objectName;
    if (call.value !== undefined) called.value = call.value;
    if (call.with !== undefined) called.with = call.with;
    if (call.change !== undefined) called.change = call.change;
    if (call.token !== undefined) called.sent = this.#label(call.token);
    if (call.steered !== undefined) called.steered = call.steered;
    if (call.address !== undefined) called.direct = true;
    return called;
  }

  #bare(path: string): string {
    let bare = this.#paths.get(path);
    if (bare === undefined) {
      bare = barePath(path);
      if (this.#paths.size >= PATHS) this.#paths.clear();
      this.#paths.set(path, bare);
    }
    return bare;
  }

  #returned(reply: Reply, seen: Seen, { called: { call }, end, secrets: sent }: Moments): Ended {
    const secrets = reply.cookies.length === 0 ? sent : [...sent, ...this.#valuesOf(reply.cookies)];
    const moment = { now: Date.now(), took: (end - call) / 1000 };
    const returned: Ended = Object.assign(seen, look(reply, moment, secrets), { return: end });
    if (reply.resent !== undefined) returned.resent = true;
    if (reply.withheld !== undefined) returned.withheld = [...reply.withheld];
    if (this.#starved(reply, call, end)) returned.starved = true;
    return returned;
  }

  /** True if an overloaded machine may explain this response: the client or a proxy waited too long. */
  #starved({ status }: Reply, call: number, end: number): boolean {
    const waited = status === undefined || UNANSWERED.includes(status) || end - call > SLOW;
    return waited && this.#starvation.during(call, end);
  }

  /**
   * Lowers the estimated entropy, if there is only one session cookie. With several session cookies, one
   * cookie may be plain text, and another cookie its signature.
   */
  #narrow(cookies: Reply['cookies']): void {
    const [name, ...more] = this.#interpreter.sessionCookies;
    if (more.length > 0) return;
    for (const cookie of cookies) {
      const { attributes, value } = cookie;
      if (cookie.name !== name || attributes === undefined || value === undefined) continue;
      if (attributes.folded === true) continue;
      attributes.bits = Math.min(attributes.bits, this.#rooms.of(name, value));
    }
  }

  /** Returns the values of the session cookies among the cookies of a request. A jar gives the same list until it changes. */
  secrets(cookies: Cookies): readonly string[] {
    const { sessionCookies } = this.#interpreter;
    if (sessionCookies.length === 0) return [];
    if (this.#known.names !== sessionCookies) this.#known = { names: sessionCookies, secrets: new WeakMap() };
    const { secrets } = this.#known;
    let found = secrets.get(cookies);
    if (found === undefined) {
      found = this.#valuesOf(cookies);
      secrets.set(cookies, found);
    }
    return found;
  }

  #valuesOf(cookies: readonly { name: string; value?: string }[]): string[] {
    const { sessionCookies } = this.#interpreter;
    return cookies.flatMap(({ name, value }) =>
      value !== undefined && sessionCookies.includes(name) ? [value] : [],
    );
  }

  session(event: Untimed<SessionEvent>): void {
    this.#history.write({
      ...event,
      clock: this.clock.name,
      at: this.clock.now(),
    });
  }

  phase(phase: Phase['phase']): void {
    this.#history.write({ type: 'phase', phase, clock: this.clock.name, at: this.clock.now() });
  }

  /** Records the properties of an object that differ from the default, once. */
  object(object: string, { kind, cap }: Pick<Probe, 'kind' | 'cap'>): void {
    if (this.#objects.has(object)) return;
    this.#objects.add(object);
    if (kind !== 'set' || cap !== undefined)
      this.#history.write({ type: 'object', object, kind, ...(cap === undefined ? {} : { cap }) });
  }

  /** True while a fault is active. */
  get disturbed(): boolean {
    return this.#disturbed;
  }

  log(event: Served | Fault | Fingerprint): void {
    if (event.type === 'fault') this.#disturbed = event.end === undefined;
    this.#history.write(event);
  }

  /** Adds a sentence to the result that says what the run left out, and why. */
  remark(text: string): void {
    this.#remarks.push(text);
  }

  finish(reason: Finish['reason']): void {
    this.#starvation.stop();
    this.#history.write({
      type: 'finish',
      clock: this.clock.name,
      at: this.clock.now(),
      reason,
      ...(this.#remarks.length === 0 ? {} : { remarks: this.#remarks }),
    });
    this.#history.close();
  }
}

/** Keeps the moments of one operation, on the clock of the recorder. */
class Moments implements Watch {
  readonly called: Called;
  /** Time of the last byte of the response. */
  end = 0;
  /** Values of the session cookies that were sent. */
  secrets: readonly string[] = [];
  readonly #recorder: Recorder;
  readonly #changes: boolean;
  readonly #labelled: boolean;
  readonly #due: number | undefined;
  #departed = false;

  constructor(recorder: Recorder, called: Called, changes: boolean, { labelled, due }: Call) {
    this.#recorder = recorder;
    this.called = called;
    this.#changes = changes;
    this.#labelled = labelled === true;
    this.#due = due;
  }

  /** If no connection opens, the operation begins here. */
  begins(): void {
    this.called.call = this.#recorder.clock.now();
  }

  departs(cookies: Cookies): void {
    if (this.#departed) return;
    this.#departed = true;
    this.secrets = this.#recorder.secrets(cookies);
    const label = this.#labelled ? this.#recorder.labelOf(cookies) : undefined;
    if (label !== undefined) this.called.sent = label;
    this.called.call = this.#recorder.clock.now();
    if (this.#due !== undefined) this.called.late = Math.max(0, Math.round(this.called.call - this.#due));
    if (this.#changes) this.#recorder.starts(this.called);
  }

  arrives(): void {
    this.end = this.#recorder.clock.now();
  }

  /** Completes the moments of a request that failed. */
  ends({ failure }: Reply): void {
    if (failure === undefined) return;
    this.end = this.#recorder.clock.now();
    if (!this.#departed && this.#changes) this.#recorder.starts(this.called);
  }
}

/**
 * If the response names no instance, names the instance whose address the request was sent to. Direct responses have no
 * instance name if only the balancer adds it.
 */
function named(seen: Seen, address: string | undefined): Seen {
  const silent = address !== undefined && seen.status !== undefined && seen.instance === undefined;
  return silent ? { ...seen, instance: address, source: 'address' } : seen;
}
