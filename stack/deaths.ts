/** Collects the unexpected ends of processes and containers. */
export class Deaths {
  /** Resolves with the description of the first unexpected end. */
  readonly first: Promise<string>;
  /** Call it to report an unexpected end. */
  readonly report: (description: string) => void;

  /** @param onDeath called with the description of each unexpected end */
  constructor(onDeath?: (description: string) => void) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.first = promise;
    this.report = description => {
      resolve(description);
      onDeath?.(description);
    };
  }
}
