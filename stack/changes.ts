/** Runs configuration changes of a balancer or a compose project one after the other. */
export class Changes {
  readonly #end = new AbortController();
  readonly signal = this.#end.signal;
  #last: Promise<unknown> = Promise.resolve();

  /** Runs a change after all earlier changes have ended. Returns its result, or throws its error. */
  run<T>(change: () => T | Promise<T>): Promise<T> {
    const done = this.#last.then(() => {
      this.signal.throwIfAborted();
      return change();
    });
    this.#last = done.catch(() => {}); // The caller of this change gets the error.
    return done;
  }

  /** Stops the running change and rejects all later changes. Resolves once no change runs. */
  async end(): Promise<void> {
    this.#end.abort(new Error('the stack is stopping or stopped: it accepts no more changes'));
    await this.#last;
  }
}
