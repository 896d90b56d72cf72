/** What replies say, without reading the same page twice. */
import type { Asked, Interpreter, Reply, Seen } from './interpret.ts';
import type { Named } from './naming.ts';

interface Kept {
  body: string;
  /** What it was asked for: the same page says something else of another question. */
  object: string | undefined;
  unmarked: boolean;
  seen: Seen;
  /** Who gave it; absent when what the page shows may have that name in it, or nobody is named. */
  instance: string | undefined;
  /** The page, cut where that name stands; made when it is needed. */
  parts: string[] | undefined;
}

/** As many pages as a session gets in turn: one from each instance, and a few that others show. */
const KEPT = 6;

/**
 * Most pages under load are, to the letter, one that came before, or are but for the name of the instance; they say
 * the same. To compare two texts takes k6 a microsecond; to read one takes it a hundred.
 */
export class Readings {
  readonly #interpreter: Interpreter;
  readonly #kept: Kept[] = [];
  #next = 0;

  constructor(interpreter: Interpreter) {
    this.#interpreter = interpreter;
  }

  /** @returns what the interpreter says of the reply; the same object for the same page, with this instance in it */
  seen(reply: Reply, asked: Asked): Seen {
    // What is in the headers is not in the page.
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

  /** Something was changed: pages from before will hardly come again, and are not to be compared with. */
  changed(): void {
    this.#kept.length = 0;
    this.#next = 0;
  }

  #keep(kept: Kept): void {
    this.#kept[this.#next++ % KEPT] = kept;
  }
}

/**
 * Whether a page is one that was kept, with the name of another instance wherever that one had its own. Part by part,
 * and only if the length is right: to make a page without the name takes k6 more memory than all else about it.
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

/** @returns what was seen, by the instance that gave it this time */
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

/** Whether what a page shows has the name of the instance in it: then it matters. */
const names = ({ saw, canaries }: Seen, instance: string): boolean =>
  anyNames(saw, instance) || anyNames(canaries, instance);

function anyNames(texts: readonly string[] | undefined, instance: string): boolean {
  if (texts === undefined) return false;
  // By index: a step of an iterator takes k6 as long as the look.
  for (let i = 0; i < texts.length; i++) if ((texts[i] as string).includes(instance)) return true;
  return false;
}
