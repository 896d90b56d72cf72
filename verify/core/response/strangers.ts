/** Remembers how private pages respond to clients without a session (strangers). */
import type { Reply } from './reply.ts';

export interface KnownStrangers {
  status: readonly number[];
  redirect: readonly string[];
}

export class Strangers {
  readonly #status = new Set<number>();
  readonly #redirect = new Set<string>();

  add({ status, redirect }: Reply): void {
    if (status === undefined || status < 300 || status === 429 || status >= 500) return;
    if (redirect !== undefined) this.#redirect.add(redirect);
    else if (status >= 400) this.#status.add(status);
  }

  includes({ status, redirect }: Reply): boolean {
    if (redirect !== undefined) return this.#redirect.has(redirect);
    return status !== undefined && this.#status.has(status);
  }

  get known(): KnownStrangers {
    return { status: [...this.#status], redirect: [...this.#redirect] };
  }

  learn({ status, redirect }: KnownStrangers): void {
    for (const one of status) this.#status.add(one);
    for (const one of redirect) this.#redirect.add(one);
  }
}
