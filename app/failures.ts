/** Why a request was not done, as the error page and the JSON view tell it. */

/** What the caller asked for is refused; nothing was changed. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  /** `message` is shown to the user: what is wrong and what to do. */
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The store did not confirm; a change may or may not have happened. Answered 503. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  constructor(cause: unknown) {
    super(`expected a response of the store, got: ${reasonOf(cause)}`, { cause });
  }
}

/** The message of an error; of several attempts at once (AggregateError), those of the attempts. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}

/** Waits for a store's answer. Throws StoreUnavailable with the cause if it fails. */
export async function confirmed<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new StoreUnavailable(cause);
  }
}
