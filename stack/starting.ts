/**
 * The code that local stacks and stacks in containers share: it reads their options, starts them, and
 * collects reports of parts that end unexpectedly.
 */
import { freePort, freePortFrom } from './ports.ts';
import type { InstanceOptions, Stack, StackOptions } from './stack.ts';

const USUAL_PORT = 8080;

export const portOf = ({ port = USUAL_PORT }: StackOptions): Promise<number> =>
  port === 'any' ? freePort() : freePortFrom(port);

export const instancesOf = ({ instances = 2 }: StackOptions): readonly InstanceOptions[] =>
  typeof instances === 'number' ? Array.from({ length: instances }, () => ({})) : instances;

/** Starts a stack. Stops it and throws if the start fails or is aborted. */
export async function startOrStop(
  stack: Stack & { start(): Promise<void> },
  signal: AbortSignal | undefined,
): Promise<Stack> {
  const giveUp = () => void stack.stop();
  signal?.addEventListener('abort', giveUp);
  try {
    await stack.start();
    return stack;
  } catch (error) {
    await stack.stop();
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

/** Collects reports of processes and containers that have ended unexpectedly. */
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
