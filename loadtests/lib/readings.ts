/** Interprets the responses to reads, and caches the results of recent pages. */
import type { Asked, Interpreter, Seen } from '../../verify/core/response/interpret.ts';
import type { Named } from '../../verify/core/response/naming.ts';
import type { Reply } from '../../verify/core/response/reply.ts';

interface Kept {
  body: string;
  /** Name of the object that was read. */
  object: string | undefined;
  unmarked: boolean;
  seen: Seen;
  /** Name of the instance; undefined if it is unknown, or is part of a value on the page. */
  instance: string | undefined;
  /** The page's texts between the occurrences of the instance's name; computed when first needed. */
  parts: string[] | undefined;
}

/** Maximum number of cached pages. */
const KEPT = 6;

/**
 * Interprets pages, and caches the results. Under load, most pages differ only in the instance's name. k6 takes 1 µs
 * to compare two pages, but 100 µs to interpret one.
 */
export class Readings {
  readonly #interpreter: Interpreter;
  readonly #kept: Kept[] = [];
  #next = 0;

  constructor(interpreter: Interpreter) {
    this.#interpreter = interpreter;
  }

  /** Returns the meaning of a response, from the cache if possible. */
  seen(reply: Reply, asked: Asked): Seen {
    // The result of a successful read without a cookie depends only on the page and the instance, so it can be
    // cached.
    const plain =
      reply.status === 200 && asked.action === 'read' && reply.headers['set-cookie'] === undefined;
    if (!plain) return this.#interpreter.seen(reply, asked);
    const { body } = reply;
    const { object, unmarked = false } = asked;
    const named = this.#interpreter.named(reply);
    for (let i = 0; i < this.#kept.length; i++) {
      const kept = this.#kept[i] as Kept;
      if (kept.body === body && kept.object === object && kept.unmarked === unmarked)
        return again(kept.seen, named);
    }
    const instance = named?.instance;
    for (let i = 0; instance !== undefined && i < this.#kept.length; i++) {
      const kept = this.#kept[i] as Kept;
      if (kept.object !== object || kept.unmarked !== unmarked || !isOf(kept, body, instance)) continue;
      const { seen, parts } = kept;
      this.#keep({ body, object, unmarked, seen, instance, parts });
      return again(kept.seen, named);
    }
    const seen = this.#interpreter.seen(reply, asked, named);
    // If a value on the page contains the instance's name, the result is valid for this instance only.
    const { saw = [], canaries = [] } = seen;
    const texts = [this.#interpreter.userName(reply) ?? '', ...saw, ...canaries];
    const shown = instance !== undefined && texts.some(text => text.includes(instance));
    this.#keep({ body, object, unmarked, seen, instance: shown ? undefined : instance, parts: undefined });
    return seen;
  }

  /** Empties the cache. Call this after a write, because the old pages are unlikely to come again. */
  changed(): void {
    this.#kept.length = 0;
    this.#next = 0;
  }

  #keep(kept: Kept): void {
    this.#kept[this.#next++ % KEPT] = kept;
  }
}

/**
 * Returns true if the page differs from a cached page only in the instance's name. Compares the texts between the
 * names, because replacing the name would need too much memory in k6.
 */
function isOf(kept: Kept, body: string, instance: string): boolean {
  const before = kept.instance;
  if (before === undefined) return false;
  const longer = instance.length - before.length;
  if (longer === 0 && body.length !== kept.body.length) return false;
  kept.parts ??= kept.body.split(before);
  const { parts } = kept;
  if (body.length !== kept.body.length + (parts.length - 1) * longer) return false;
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    if (i > 0) {
      if (!body.startsWith(instance, at)) return false;
      at += instance.length;
    }
    if (body.slice(at, at + part.length) !== part) return false;
    at += part.length;
  }
  return true;
}

function again(seen: Seen, named: Named | undefined): Seen {
  if (named !== undefined) return Object.assign(seen, named);
  delete seen.instance;
  delete seen.source;
  return seen;
}
