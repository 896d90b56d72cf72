/**
 * Rejects Redis commands that get no reply in time. After a pause of the process, ioredis' commandTimeout would also
 * reject commands whose replies have already arrived.
 */
import type { Command, Redis } from 'ioredis';

/** Rejects each command of a connection that gets no reply in time. The commands of one pipeline share one timer. */
export function limitCommands(redis: Redis, timeoutMs: number): void {
  const pipelines = new WeakMap<object, Deadline>();
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

class Deadline {
  readonly #timeoutMs: number;
  readonly #open = new Set<Command>();
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  bind(command: Command): void {
    // Rejects only after Node has read all replies that arrived while the process was paused.
    if (this.#open.size === 0)
      this.#timer = setTimeout(() => setImmediate(() => this.#reject()), this.#timeoutMs);
    this.#open.add(command);
    // Wraps `resolve` and `reject`, because a `then` on the promise would hide an unhandled rejection.
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
