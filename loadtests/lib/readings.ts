/** Interprets responses, and uses the result again if the same page comes again. */
import type { Asked, Interpreter, Seen } from '../../verify/core/response/interpret.ts';
import type { Named } from '../../verify/core/response/naming.ts';
import type { Reply } from '../../verify/core/response/reply.ts';

interface Kept {
  body: string;
  /** For another object, the same page has another result. */
  object: string | undefined;
  unmarked: boolean;
  seen: Seen;
  /** Undefined if the page names no instance, or if values on it contain the instance's name. */
  instance: string | undefined;
  /** The parts of the page between the instance's name, made when they are first needed. */
  parts: string[] | undefined;
}

/** Enough pages for each instance, and for a few other objects. */
const KEPT = 6;

/**
 * Under load, most pages equal an earlier one except for the instance's name, and so have the same result. In k6, it
 * takes 1 µs to compare two pages and 100 µs to interpret one.
 */
export class Readings {
  readonly #interpreter: Interpreter;
  readonly #kept: Kept[] = [];
  #next = 0;

  constructor(interpreter: Interpreter) {
    this.#interpreter = interpreter;
  }

  /** If the page is known, returns the earlier result, with the instance of this response. */
  seen(reply: Reply, asked: Asked): Seen {
    // The result of such a response depends on nothing but the page and the instance.
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

  /** Call it after a change of data: the old pages are unlikely to come again. */
  changed(): void {
    this.#kept.length = 0;
    this.#next = 0;
  }

  #keep(kept: Kept): void {
    this.#kept[this.#next++ % KEPT] = kept;
  }
}

/** Compares the parts between the instance's name. To replace the name would need too much memory in k6. */
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

/** Sets the instance in an earlier result. */
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

/** If values on a page contain the instance's name, the result depends on the instance. */
const names = ({ saw, canaries }: Seen, instance: string): boolean =>
  anyNames(saw, instance) || anyNames(canaries, instance);

function anyNames(texts: readonly string[] | undefined, instance: string): boolean {
  if (texts === undefined) return false;
  // In k6, one step of an iterator takes as long as the test in it.
  for (let i = 0; i < texts.length; i++) if ((texts[i] as string).includes(instance)) return true;
  return false;
}
