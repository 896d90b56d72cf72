/** Thrown if a part of the stack was started, but did not become ready. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
  /** Name of the part. */
  readonly part: string;

  /** @param message what was expected, what happened, and the last output of the part */
  constructor(part: string, message: string) {
    super(message);
    this.part = part;
  }
}
