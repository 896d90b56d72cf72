/** Defines the errors for requests that the app refused or the store did not confirm. Users see the messages. */

/** Thrown if the app refuses a request. The request has changed nothing. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  /**
   * @param message text for the user: what is wrong and what to do
   * @param options `cause` is an error for the log only
   */
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** Thrown if the store did not confirm a change, which may still have happened. The response is 503. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  constructor(cause: unknown) {
    super(`expected a response from the store, got: ${reasonOf(cause)}`, { cause });
  }
}

/** Returns the message of an error, or the joined messages of an AggregateError. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}

/** Waits for a store's response. Throws StoreUnavailable with the cause if the store fails. */
export async function confirmed<T>(response: Promise<T>): Promise<T> {
  try {
    return await response;
  } catch (cause) {
    throw new StoreUnavailable(cause);
  }
}
