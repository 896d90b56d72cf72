/** Makes the values that a session writes, and names the objects to which it writes them. */
import { canaryOf, padded, sharedPrefix } from '../core/history/canary.ts';
import type { Probe } from '../target/schema.ts';
import type { Context } from './context.ts';
import type { How, Who } from './how.ts';

/** A value in the history, and the text that the request sends for it. */
interface Written {
  value: string;
  filling: string;
}

/** The value of a request that increments a counter. */
export const ONE_MORE: Written = { value: '1', filling: '1' };

/** Returns the text of the second field if a request sends two fields of one name. */
export const twiceOf = ({ text }: How, filling: string): string | undefined =>
  text?.twice === true ? filling : undefined;

export class SessionValues {
  readonly #context: Context;
  readonly #who: Who;
  readonly #objects = new Map<Probe, { object: string; objectName: string }>();
  #count = 0;

  constructor(context: Context, who: Who) {
    this.#context = context;
    this.#who = who;
  }

  /** Returns a value that no other write of the run has. */
  next(probe?: Probe): string {
    const { canary, random } = this.#context;
    const { user, session } = this.#who;
    const prefix = probe?.scope === 'all' ? sharedPrefix(canary) : canary;
    return canaryOf({ prefix, user, session, number: ++this.#count, random: random.next() });
  }

  /** Returns a new value with the length or the special characters that `how` asks for. */
  text(probe: Probe, { text, size = 0 }: How): Written {
    const value = this.next(probe);
    if (text === undefined) return { value, filling: padded(value, size) };
    return { value: text.of(value), filling: text.of(value) };
  }

  /** Returns the names of the session's object, and records the object at the first call. */
  object(probe: Probe): { object: string; objectName: string } {
    let named = this.#objects.get(probe);
    if (named === undefined) {
      const { user, session } = this.#who;
      const objectName = `${probe.object}@${{ session, user, all: '*' }[probe.scope]}`;
      this.#context.recorder.object(objectName, probe);
      named = { object: probe.object, objectName };
      this.#objects.set(probe, named);
    }
    return named;
  }
}
