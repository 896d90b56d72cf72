/** What replies say, without reading the same page twice. */
import type { Asked, Interpreter, Reply, Seen } from '../../verify/core/interpret.ts';
import type { Named } from '../../verify/core/naming.ts';

interface Kept {
  body: string;
  /** The page without the name of the instance that gave it; absent when what it shows may have that name in it. */
  neutral: string | undefined;
  object: string | undefined;
  seen: Seen;
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
    const { object } = asked;
    const named = this.#interpreter.named(reply);
    for (let i = 0; i < this.#kept.length; i++) {
      const kept = this.#kept[i] as Kept;
      if (kept.body === body && kept.object === object) return again(kept.seen, named);
    }
    const instance = named?.instance;
    const neutral = instance === undefined ? undefined : body.replaceAll(instance, '');
    for (let i = 0; neutral !== undefined && i < this.#kept.length; i++) {
      const kept = this.#kept[i] as Kept;
      if (kept.neutral !== neutral || kept.object !== object) continue;
      this.#keep({ body, neutral, object, seen: kept.seen });
      return again(kept.seen, named);
    }
    const seen = this.#interpreter.seen(reply, asked);
    const shown = instance !== undefined && names(seen, instance);
    this.#keep({ body, neutral: shown ? undefined : neutral, object, seen });
    return seen;
  }

  #keep(kept: Kept): void {
    this.#kept[this.#next++ % KEPT] = kept;
  }
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
const names = ({ sawUser, saw, canaries }: Seen, instance: string): boolean =>
  [sawUser ?? '', ...(saw ?? []), ...(canaries ?? [])].some(text => text.includes(instance));
