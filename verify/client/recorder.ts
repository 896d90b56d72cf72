/** Sends the requests of a run, and writes each as an operation into the history. */
import type {
  Called,
  Clock,
  Fault,
  Fingerprint,
  Finish,
  Operation,
  Phase,
  Returned,
  Run,
  Served,
  SessionEvent,
} from '../core/history/history.ts';
import type { Interpreter } from '../core/response/interpret.ts';
import type { Reply } from '../core/response/reply.ts';
import { counted, seconds } from '../core/result/format.ts';
import type { Probe } from '../target/schema.ts';
import { type Call, calledOf, type Later } from './call.ts';
import type { RecorderClock } from './clock.ts';
import type { HistoryFile } from './history-file.ts';
import type { Cookies } from './jar.ts';
import type { Labeller } from './labels.ts';
import { look } from './look.ts';
import { Moments } from './moments.ts';
import { nameServer, operationOf } from './operation.ts';
import type { WorkerPart } from './part.ts';
import type { Send } from './send.ts';
import type { SessionClient } from './session-client.ts';
import { SessionSecrets } from './session-secrets.ts';
import { Starvation } from './starvation.ts';

/** An overload of this machine may be the reason for a response time above this value, microseconds. */
const SLOW = 500_000;
/** Statuses of a proxy whose server did not respond in time, perhaps because this machine is overloaded. */
const UNANSWERED = [502, 503, 504];

export interface Recorded {
  operation: Operation;
  reply: Reply;
}

const limited = ({ count, longest }: { count: number; longest: number }): string =>
  `the app limits logins or requests: it answered ${counted(count, 'request')} with status 429 and a Retry-After of up to ` +
  `${seconds(longest * 1000, 0)}. All clients waited that long each time, so the run took longer or had less load`;

type Untimed<E> = E extends unknown ? Omit<E, 'clock' | 'at'> : never;

export class Recorder {
  readonly clock: RecorderClock;
  readonly #history: HistoryFile;
  readonly #run: Run;
  readonly #interpreter: Interpreter;
  readonly label: Labeller;
  readonly #onOperation: (operation: Operation) => void;
  readonly #objects = new Set<string>();
  readonly #remarks: string[] = [];
  /** Number of requests with status 429, and the longest Retry-After of their responses, milliseconds. */
  readonly #waits = { count: 0, longest: 0 };
  readonly #secrets: SessionSecrets;
  readonly #starvation: Starvation;
  /** The last operation id. Of three worker threads, thread 1 uses the ids 4, 7, 10, … */
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
    this.label = label;
    this.#secrets = new SessionSecrets(interpreter);
    this.#onOperation = onOperation;
    history.write(run);
    history.write({
      type: 'clock',
      clock: clock.name,
      base: clock.base,
      uncertainty: clock.uncertainty,
    } satisfies Clock);
  }

  /** Sends a request, and records it as an operation. Does not throw if the network fails. */
  async perform(
    call: Call,
    client: Pick<SessionClient, 'send'>,
    send: Send,
    signal?: AbortSignal,
  ): Promise<Recorded> {
    const { list, settle, later } = call;
    const changes = call.action !== 'read' && call.action !== 'form';
    const called = this.#called(call, send);
    const moments = new Moments(this, called, changes, call.labelled === true, call.due);
    const reply = await client.send(send, signal, moments);
    moments.ends(reply);
    this.#secrets.narrow(reply.cookies);
    const returned = this.#returned(call, send, reply, moments);
    if (list !== undefined) {
      const { call: left, late } = list.turn(send.path, called, reply, returned);
      called.call = left;
      if (late !== undefined) called.late = late;
    }
    // For a list of several pages, `called.call` is the time of the request for the first page.
    if (this.#starved(reply, called.call, moments.end)) returned.starved = true;
    if (settle === undefined && later === undefined) return this.#report(changes, called, returned, reply);
    const afterwards: Later = [];
    if (settle !== undefined) Object.assign(returned, await settle(reply, returned.outcome, afterwards));
    if (later === undefined) {
      const recorded = this.#report(changes, called, returned, reply);
      for (const reportLater of afterwards) reportLater();
      return recorded;
    }
    later.push(() => void this.#report(changes, called, returned, reply), ...afterwards);
    return { operation: operationOf(called, returned), reply };
  }

  #report(changes: boolean, called: Called, returned: Returned, reply: Reply): Recorded {
    const operation = operationOf(called, returned);
    if (changes) this.#history.write({ type: 'end', id: called.id, ...returned });
    else this.#history.write(operation);
    this.#onOperation(operation);
    return { operation, reply };
  }

  /** Writes the start of an operation that may change data, so that the start survives a kill of Baton. */
  starts(called: Called): void {
    this.#history.writeNow({ type: 'start', ...called });
  }

  labelOf(cookies: Cookies['list']): string | undefined {
    const [sent] = this.#secrets.sent(cookies);
    return sent === undefined ? undefined : this.label(sent);
  }

  #called(call: Call, { path, shown = path }: Send): Called {
    this.#ids += this.#of;
    const called = calledOf(call, this.#ids, this.#run.run, this.clock.name, shown);
    if (call.token !== undefined) called.sent = this.label(call.token);
    return called;
  }

  #returned(
    call: Call,
    { path }: Send,
    reply: Reply,
    { called: { call: left }, end, wall, cookies }: Moments,
  ): Returned {
    const { action, object, unmarked, address } = call;
    const returned: Returned = this.#interpreter.seen(reply, { action, object, unmarked, path });
    returned.return = end;
    nameServer(returned, path, address);
    const moment = { now: wall, took: (end - left) / 1000 };
    const secrets = this.#secrets.ofBoth(cookies, reply.cookies);
    const { skew, caching, exposed } = look(reply, moment, secrets);
    if (skew !== undefined) returned.skew = skew;
    if (caching !== undefined) returned.caching = caching;
    if (exposed !== undefined) returned.exposed = exposed;
    if (reply.resent !== undefined) returned.resent = true;
    if (reply.withheld !== undefined) returned.withheld = [...reply.withheld];
    return returned;
  }

  #starved({ status = 0, failure }: Reply, call: number, end: number): boolean {
    // A lack of CPU time does not make a complete response unusable.
    const unusable = failure === 'garbled' || failure === 'oversized';
    const unanswered = UNANSWERED.includes(status) || (failure !== undefined && !unusable);
    return (unanswered || end - call > SLOW) && this.#starvation.during(call, end, unanswered);
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

  /** Records once which kind of data an object holds, and its maximum number of values. */
  object(object: string, { kind, cap }: Pick<Probe, 'kind' | 'cap'>): void {
    if (this.#objects.has(object)) return;
    this.#objects.add(object);
    if (kind !== 'set' || cap !== undefined)
      this.#history.write({ type: 'object', object, kind, ...(cap === undefined ? {} : { cap }) });
  }

  /** True while a fault disturbs the target. */
  get disturbed(): boolean {
    return this.#disturbed;
  }

  log(event: Served | Fault | Fingerprint): void {
    if (event.type === 'fault') this.#disturbed = event.end === undefined;
    this.#history.write(event);
  }

  /** Adds a remark to the result, such as what the run left out and why. */
  remark(text: string): void {
    if (!this.#remarks.includes(text)) this.#remarks.push(text);
  }

  /** Notes that the app answered a request with status 429, and that a client waits before it sends the request again. */
  waits(milliseconds: number): void {
    this.#waits.count++;
    this.#waits.longest = Math.max(this.#waits.longest, milliseconds);
  }

  finish(reason: Finish['reason']): void {
    this.#starvation.stop();
    if (this.#waits.count > 0) this.remark(limited(this.#waits));
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
