/** Records when the request of an operation was sent, and when its response arrived, on the recorder's clock. */
import type { Called } from '../core/history/history.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Watch } from './exchange.ts';
import type { Cookies as SessionCookies } from './jar.ts';

type Cookies = SessionCookies['list'];

/** The methods of a recorder that `Moments` calls. */
interface Recording {
  readonly clock: { now(): number };
  /** Writes the start of an operation into the history. */
  starts(called: Called): void;
  /** Returns the label (a keyed hash) of the session cookie among the cookies of a request. */
  labelOf(cookies: Cookies): string | undefined;
}

const NONE: Cookies = [];

export class Moments implements Watch {
  readonly called: Called;
  /** True if the operation may change data, so that its request must not be sent again. */
  readonly once: boolean;
  /** Time at which the last byte of the response arrived. */
  end = 0;
  cookies = NONE;
  readonly #recorder: Recording;
  readonly #labelled: boolean;
  readonly #due: number | undefined;
  #departed = false;

  /**
   * @param labelled if true, the history gets the label (a keyed hash) of the session cookie that is sent
   * @param due time at which the request was planned to begin, microseconds on the clock of the recorder; absent if the
   * load has no rate
   */
  constructor(
    recorder: Recording,
    called: Called,
    once: boolean,
    labelled: boolean,
    due: number | undefined,
  ) {
    this.#recorder = recorder;
    this.called = called;
    this.once = once;
    this.#labelled = labelled;
    this.#due = due;
  }

  get id(): string {
    return this.called.request;
  }

  /**
   * Sets a provisional time at which the operation began. When the first byte is sent, `departs` replaces this time.
   */
  begins(): void {
    if (!this.#departed) this.called.call = this.#recorder.clock.now();
  }

  departs(cookies: Cookies): void {
    if (this.#departed) return;
    this.#departed = true;
    this.cookies = cookies;
    const label = this.#labelled ? this.#recorder.labelOf(cookies) : undefined;
    if (label !== undefined) this.called.sent = label;
    this.called.call = this.#recorder.clock.now();
    if (this.#due !== undefined) this.called.late = Math.max(0, Math.round(this.called.call - this.#due));
    if (this.once) this.#recorder.starts(this.called);
  }

  arrives(): void {
    this.end = this.#recorder.clock.now();
  }

  /** If a request has failed, sets the times that are still missing. */
  ends({ failure }: Reply): void {
    if (failure === undefined) return;
    this.end = this.#recorder.clock.now();
    // The start time is missing if no connection was opened, for example because the run was stopped.
    if (this.called.call === 0) this.called.call = this.end;
    if (!this.#departed && this.once) this.#recorder.starts(this.called);
  }
}
