/** Interprets the responses to reads, and reuses the result of an equal earlier page. */
import type { Asked, Interpreter, Seen } from '../../verify/core/response/interpret.ts';
import type { Named } from '../../verify/core/response/naming.ts';
import type { Reply } from '../../verify/core/response/reply.ts';

interface Kept {
  body: string;
  /** Name of the object that was read. The same page means something else for another object. */
  object: string | undefined;
  unmarked: boolean;
  seen: Seen;
  /** Name of the instance. Undefined if the page names no instance, or if a value on the page contains the name. */
  instance: string | undefined;
  /** The texts before, between and after the names of the instance, computed when first needed. */
  parts: string[] | undefined;
}

/** Number of kept pages: one of each instance, and some of other objects. */
const KEPT = 6;

/**
 * Reuses results of earlier pages: most pages under load differ only in the instance's name.
 * k6 takes 1 µs to compare two pages and 100 µs to interpret one.
 */
export class Readings {
  readonly #interpreter: Interpreter;
  readonly #kept: Kept[] = [];
  #next = 0;

  constructor(interpreter: Interpreter) {
    this.#interpreter = interpreter;
  }

  /** Returns the result of an equal kept page, with the instance of this response. */
  seen(reply: Reply, asked: Asked): Seen {
    // Keeps results of successful reads without a cookie, which depend only on the page and the instance.
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
    const user = this.#interpreter.userName(reply) ?? '';
    const shown = instance !== undefined && (user.includes(instance) || names(seen, instance));
    this.#keep({ body, object, unmarked, seen, instance: shown ? undefined : instance, parts: undefined });
    return seen;
  }

  /** Drops all kept pages after a change of data: a page from before is unlikely to come again. */
  changed(): void {
    this.#kept.length = 0;
    this.#next = 0;
  }

  #keep(kept: Kept): void {
    this.#kept[this.#next++ % KEPT] = kept;
  }
}

/**
 * Returns true if the page differs from a kept page only in the instance's name.
 * Compares the parts between the names: a replacement would need too much memory in k6.
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

/** Returns an earlier result, with the instance that sent this response. */
function again(seen: Seen, named: Named | undefined): Seen {
  if (named !== undefined) {
    seen.instance = named.instance;
    seen.source = named.source;
  } else {
    delete seen.instance;
    delete seen.source;
  }
  return seen;
}

/** True if a value on the page contains the instance's name, so that the result is valid for this instance only. */
const names = ({ saw, canaries }: Seen, instance: string): boolean =>
  anyNames(saw, instance) || anyNames(canaries, instance);

function anyNames(texts: readonly string[] | undefined, instance: string): boolean {
  if (texts === undefined) return false;
  // A step of an iterator (`for of`) takes as long in k6 as the search in one text.
  for (let i = 0; i < texts.length; i++) if ((texts[i] as string).includes(instance)) return true;
  return false;
}
