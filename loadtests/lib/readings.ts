/** What replies say, without reading the same page twice. */
import type { Asked, Interpreter, Reply, Seen } from '../../verify/core/interpret.ts';

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
  readonly #header: string | undefined;
  readonly #kept: Kept[] = [];
  #next = 0;

  /** @param header that names the instance, in lower case */
  constructor(interpreter: Interpreter, header: string | undefined) {
    this.#interpreter = interpreter;
    this.#header = header;
  }

  /** @returns what the interpreter says of the reply; the same object for the same page, with this instance in it */
  seen(reply: Reply, asked: Asked): Seen {
    // What is in the headers is not in the page.
    const plain =
      reply.status === 200 && asked.action === 'read' && reply.headers['set-cookie'] === undefined;
    if (!plain) return this.#interpreter.seen(reply, asked);
    const { body } = reply;
    const { object } = asked;
    for (let i = 0; i < this.#kept.length; i++) {
      const kept = this.#kept[i] as Kept;
      if (kept.body === body && kept.object === object) return this.#again(kept.seen, reply);
    }
    const instance = this.#instanceOf(reply);
    const neutral = instance === undefined ? undefined : body.replaceAll(instance, '');
    for (let i = 0; neutral !== undefined && i < this.#kept.length; i++) {
      const kept = this.#kept[i] as Kept;
      if (kept.neutral !== neutral || kept.object !== object) continue;
      this.#keep({ body, neutral, object, seen: kept.seen });
      return this.#again(kept.seen, reply);
    }
    const seen = this.#interpreter.seen(reply, asked);
    const named = instance !== undefined && names(seen, instance);
    this.#keep({ body, neutral: named ? undefined : neutral, object, seen });
    return seen;
  }

  #keep(kept: Kept): void {
    this.#kept[this.#next++ % KEPT] = kept;
  }

  #instanceOf({ headers }: Reply): string | undefined {
    const instance = this.#header === undefined ? undefined : headers[this.#header];
    return typeof instance === 'string' && instance !== '' ? instance.slice(0, 100) : undefined;
  }

  #again(seen: Seen, reply: Reply): Seen {
    const instance = this.#instanceOf(reply);
    if (instance !== undefined) {
      seen.instance = instance;
      seen.source = 'header';
    } else {
      delete seen.instance;
      delete seen.source;
    }
    return seen;
  }
}

/** Whether what a page shows has the name of the instance in it: then it matters. */
const names = ({ sawUser, saw, canaries }: Seen, instance: string): boolean =>
  [sawUser ?? '', ...(saw ?? []), ...(canaries ?? [])].some(text => text.includes(instance));
