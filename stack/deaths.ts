/** Who died that nobody asked to. */
export class Deaths {
  /** Resolves with the description of the first. */
  readonly first: Promise<string>;
  readonly tell: (description: string) => void;

  /** @param onDeath told of each */
  constructor(onDeath?: (description: string) => void) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.first = promise;
    this.tell = description => {
      resolve(description);
      onDeath?.(description);
    };
  }
}
