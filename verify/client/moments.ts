/** Records when an operation's request was sent, and when its response arrived. */
import type { Called } from '../core/history/history.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Watch } from './exchange.ts';
import type { Cookies as SessionCookies } from './jar.ts';

type Cookies = SessionCookies['list'];

interface Recording {
  readonly clock: { now(): number };
  starts(called: Called): void;
  labelOf(cookies: Cookies): string | undefined;
}

const NONE: Cookies = [];

export class Moments implements Watch {
  readonly called: Called;
  /** True if the operation may change data, so that it must not be sent again. */
  readonly once: boolean;
  /** Time at which the last byte of the response arrived. */
  end = 0;
  /** Wall-clock time at which the last byte of the response arrived, milliseconds since 1970. */
  wall = 0;
  cookies = NONE;
  readonly #recorder: Recording;
  readonly #labelled: boolean;
  readonly #due: number | undefined;
  #departed = false;

  /**
   * @param labelled if true, the history gets the label (a keyed hash) of the sent session cookie
   * @param due planned start of the request, microseconds on the recorder's clock
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

  /** Sets a provisional start time. `departs` replaces it when the first byte is sent. */
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
    this.wall = Date.now();
  }

  ends({ failure }: Reply): void {
    if (failure === undefined) return;
    this.arrives();
    if (this.called.call === 0) this.called.call = this.end;
    if (!this.#departed && this.once) this.#recorder.starts(this.called);
  }
}
