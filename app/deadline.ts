/**
 * Rejects Redis commands without a reply in time.
 * ioredis' own commandTimeout, after a pause of the process, also rejects commands whose replies have arrived.
 */
import type { Command, Redis } from 'ioredis';

/** Limits the time of each command that a connection sends. The commands of one pipeline share one timer. */
export function limitCommands(redis: Redis, timeoutMs: number): void {
  const pipelines = new WeakMap<object, Deadline>();
  /** @param stream the pipeline that the command belongs to, if any */
  const deadlineOf = (stream: unknown): Deadline => {
    if (typeof stream !== 'object' || stream === null || !('isPipeline' in stream))
      return new Deadline(timeoutMs);
    const deadline = pipelines.get(stream) ?? new Deadline(timeoutMs);
    pipelines.set(stream, deadline);
    return deadline;
  };
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    deadlineOf(stream).bind(command);
    return send(command, stream);
  };
}

/** Rejects all commands that have no reply when its timer fires. */
class Deadline {
  readonly #timeoutMs: number;
  readonly #open = new Set<Command>();
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  bind(command: Command): void {
    // Waits one turn of the event loop, so that Node first reads the replies that have arrived.
    if (this.#open.size === 0)
      this.#timer = setTimeout(() => setImmediate(() => this.#reject()), this.#timeoutMs);
    this.#open.add(command);
    // A `then` on the command's promise would hide a rejection that no caller handles.
    const settles =
      <T>(settle: (value: T) => void) =>
      (value: T): void => {
        this.#open.delete(command);
        if (this.#open.size === 0) clearTimeout(this.#timer);
        settle(value);
      };
    command.resolve = settles(command.resolve);
    command.reject = settles(command.reject);
  }

  #reject(): void {
    for (const command of [...this.#open]) command.reject(new Error('Command timed out'));
  }
}
