/** A part of the stack was started, and did not get ready. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
  /** Name of the part. */
  readonly part: string;

  /** @param message what was expected, what came, and its last output */
  constructor(part: string, message: string) {
    super(message);
    this.part = part;
  }
}
