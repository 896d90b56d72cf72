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
import type { HistoryFile } from './history-file.ts';
import type { Labeller } from './labels.ts';
import type { ListRead } from './list-read.ts';
import { look } from './look.ts';
import type { Send, SessionClient } from './session-client.ts';
import { Starvation } from './starvation.ts';

/** The facts that a follow-up request decides, because the response alone does not. */
type Settled = { outcome?: Outcome; signedIn?: Seen['signedIn'] | undefined };

/** Functions that report operations. They are called after another operation is reported. */
export type Later = (() => void)[];

/** A response slower than this, microseconds, may have exceeded a timeout. */
const SLOW = 1_000_000;
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
  /** The read of a list, if this request reads one page of it. */
  list?: ListRead;
  /** Decides what the response alone does not show. The history gets the requests it sends after this operation. */
  settle?: (reply: Reply, outcome: Outcome, later: Later) => Promise<Settled>;
  /** Receives the function that reports this operation, because another operation must be reported first. */
  later?: Later;
  /** True: the history gets the label of the session cookie that was sent. The session may have had several. */
  labelled?: boolean;
}

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
  #ids = 0;
  #disturbed = false;

  constructor(
    history: HistoryFile,
    clock: RecorderClock,
    run: Run,
    interpreter: Interpreter,
    label: Labeller,
    onOperation: (operation: Operation) => void,
  ) {
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
      uncertainty: 0,
    } satisfies Clock);
  }

  /** Sends one request of an operation and records it. Never throws for errors of the network. */
  async perform(call: Call, client: SessionClient, send: Send, signal?: AbortSignal): Promise<Recorded> {
    const id = ++this.#ids;
    const request = `${this.#run.run}-${id}`;
    const { object: _, objectName, unmarked: __, labelled, list, settle, later, address, ...who } = call;
    const called: Called = {
      id,
      clock: this.clock.name,
      ...who,
      ...(objectName === undefined ? {} : { object: objectName }),
      request,
      call: 0,
      path: barePath(send.path),
      ...(address === undefined ? {} : { direct: true }),
    };
    const changes = call.action !== 'read' && call.action !== 'form';
    let secrets: readonly string[] = [];
    // Called after the last wait inside Baton, so that the wait for a turn does not count as response time.
    const departs = (): void => {
      if (this.#interpreter.sessionCookies.length > 0) secrets = this.#secrets(client, send.path);
      const [sent] = secrets;
      called.call = this.clock.now();
      if (labelled && sent !== undefined) called.sent = this.#label(sent);
      if (changes) this.#history.writeNow({ type: 'start', ...called });
    };
    const headers = { ...send.headers, 'x-request-id': request };
    const reply = await client.send({ ...send, once: changes, headers, departs }, signal);
    this.#narrow(reply.cookies);
    const seen = named(this.#interpreter.seen(reply, { ...call, path: send.path }), address);
    if (list !== undefined) called.call = list.turn(send.path, called.call, reply, seen);
    const end = this.clock.now();
    const returned: { return: number } & Seen = {
      return: end,
      ...seen,
      ...look(reply, { now: Date.now(), took: (end - called.call) / 1000 }, [
        ...secrets,
        ...this.#valuesOf(reply.cookies),
      ]),
      ...(reply.resent === undefined ? {} : { resent: true }),
      ...(this.#starved(reply, called.call, end) ? { starved: true } : {}),
    };
    const afterwards: Later = [];
    if (settle !== undefined) Object.assign(returned, await settle(reply, seen.outcome, afterwards));
    const operation: Operation = { type: 'op', ...called, ...returned };
    const report = (): void => {
      this.#history.write(changes ? { type: 'end', id, ...returned } : operation);
      this.#onOperation(operation);
    };
    if (later === undefined) report();
    else later.push(report);
    for (const reportLater of afterwards) reportLater();
    return { operation, reply };
  }

  /** True if an overloaded machine may explain this response: the client or a proxy waited too long. */
  #starved({ status }: Reply, call: number, end: number): boolean {
    const waited = status === undefined || UNANSWERED.includes(status) || end - call > SLOW;
    return waited && this.#starvation.during(call, end);
  }

  /**
   * Lowers the estimated entropy, if there is only one session cookie. Of several cookies, one may be plain text that
   * another one signs.
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

  /** Returns the values of the session cookies that a client would send. */
  #secrets(client: SessionClient, path: string): string[] {
    return this.#valuesOf(client.cookies(path));
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

  /** Keeps a sentence for the result about what the run left out, and why. */
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

/**
 * If the response names no instance, names the instance whose address the request was sent to. Direct responses have no
 * instance name if only the balancer adds it.
 */
function named(seen: Seen, address: string | undefined): Seen {
  const silent = address !== undefined && seen.status !== undefined && seen.instance === undefined;
  return silent ? { ...seen, instance: address, source: 'address' } : seen;
}
