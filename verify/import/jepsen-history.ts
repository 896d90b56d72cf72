/** Converts the operations of a Jepsen history (https://github.com/jepsen-io/jepsen) to events. */
import type { Action, End, Event, ObjectKind } from '../core/history/history.ts';
import { UsageError } from '../errors.ts';
import { type Edn, EdnError, EdnReader, textOf } from './edn.ts';

export const JEPSEN_MODELS = ['register', 'cas-register', 'append', 'set'] as const;
type JepsenModel = (typeof JEPSEN_MODELS)[number];

export interface JepsenOptions {
  model: JepsenModel;
  /** Initial values of each object, in EDN. Absent if objects are empty at first. */
  initial?: string | undefined;
  /** Meaning of an ok read of nil. `any`: the read shows nothing. `initial`: the object has its initial state. */
  nilReads: 'any' | 'initial';
}

const KINDS: Record<JepsenModel, ObjectKind> = {
  register: 'register',
  'cas-register': 'register',
  append: 'list',
  set: 'set',
};
const FUNCTIONS: Record<JepsenModel, Record<string, Action>> = {
  register: { read: 'read', write: 'set' },
  'cas-register': { read: 'read', write: 'set', cas: 'cas' },
  append: { read: 'read', append: 'add', write: 'set' },
  set: { read: 'read', add: 'add' },
};

interface Invoked {
  id: number;
  action: Action;
  call: number;
}

/** Time between two lines of the history, in arbitrary units. */
const STEP = 10;

/** Converts the forms of a history to events. Uses the position of a form in the file as its time. */
export class JepsenHistory {
  operations = 0;
  now = 0;
  readonly #options: JepsenOptions;
  readonly #initial: string[];
  readonly #emit: (event: Event) => void;
  readonly #invoked = new Map<string, Invoked>();
  readonly #known = new Set<string>();
  /** True if values are `[key value]`. The first value decides this for all. */
  #keyed: boolean | undefined;
  #ids = 0;

  constructor(options: JepsenOptions, emit: (event: Event) => void) {
    this.#options = options;
    this.#initial = initialOf(options);
    this.#emit = emit;
  }

  /** Converts one form. @throws EdnError if the form is not an operation of the model */
  take(form: Edn, line: number): void {
    if (!(form instanceof Map)) throw new EdnError(`line ${line}: expected an operation, got ${short(form)}`);
    const process = form.get('process');
    // Skips the nemesis (Jepsen's faults): it is not a client, and its process is not a number.
    if (process !== undefined && typeof process !== 'number') return;
    const [type, f] = [form.get('type'), form.get('f')];
    if (process === undefined || typeof type !== 'string' || typeof f !== 'string') {
      throw new EdnError(`line ${line}: expected :process, :type and :f, got ${short(form)}`);
    }
    const action = FUNCTIONS[this.#options.model][f];
    if (action === undefined) {
      const known = Object.keys(FUNCTIONS[this.#options.model]).join(', ');
      throw new EdnError(
        `line ${line}: the model ${this.#options.model} has ${known}, got :f :${f}. Choose another --model (${JEPSEN_MODELS.join(', ')})`,
      );
    }
    this.now += STEP;
    const name = `p${process}`;
    const value = form.get('value') ?? null;
    if (type === 'invoke') this.#invoke(name, action, value, line);
    else if (type === 'ok' || type === 'fail' || type === 'info') this.#complete(name, type, value, line);
    else throw new EdnError(`line ${line}: expected :type :invoke, :ok, :fail or :info, got :${type}`);
  }

  #invoke(process: string, action: Action, value: Edn, line: number): void {
    if (this.#invoked.has(process)) {
      throw new EdnError(
        `line ${line}: process ${process.slice(1)} invokes a second operation before the first is over`,
      );
    }
    if (!this.#known.has(process)) this.#logIn(process);
    this.#keyed ??= isKeyed(action, value);
    const { key, of } = this.#split(value, line);
    const id = ++this.#ids;
    this.operations++;
    this.#invoked.set(process, { id, action, call: this.now });
    this.#emit({
      type: 'start',
      ...this.#called(process, id),
      action,
      object: this.#object(key),
      ...(action === 'read' ? {} : writing(action, of, line)),
    });
  }

  #complete(process: string, type: 'ok' | 'fail' | 'info', value: Edn, line: number): void {
    const invoked = this.#invoked.get(process);
    if (invoked === undefined) {
      throw new EdnError(
        `line ${line}: process ${process.slice(1)} completes an operation that it never invoked`,
      );
    }
    this.#invoked.delete(process);
    const end: End = { type: 'end', id: invoked.id, outcome: type };
    if (type !== 'info') end.return = this.now;
    if (type === 'ok' && invoked.action === 'read') {
      const saw = this.#saw(this.#split(value, line).of);
      if (saw !== undefined) end.saw = saw;
    }
    this.#emit(end);
  }

  #split(value: Edn, line: number): { key: string; of: Edn } {
    if (this.#keyed !== true) return { key: '', of: value };
    if (Array.isArray(value) && value.length === 2)
      return { key: textOf(value[0] ?? null), of: value[1] ?? null };
    throw new EdnError(`line ${line}: expected [key value] as in the first operation, got ${short(value)}`);
  }

  #saw(value: Edn): string[] | undefined {
    if (value === null) return this.#options.nilReads === 'any' ? undefined : this.#initial;
    if (KINDS[this.#options.model] === 'register') return [textOf(value)];
    return Array.isArray(value) ? value.map(textOf) : [textOf(value)];
  }

  /** Emits a login for a process. Jepsen has no sessions, so each process becomes a session that never ends. */
  #logIn(process: string): void {
    this.#known.add(process);
    const id = ++this.#ids;
    const called = { ...this.#called(process, id), call: this.now - STEP + 1 };
    this.#emit({ type: 'start', ...called, action: 'login' });
    this.#emit({ type: 'end', id, return: called.call + 1, outcome: 'ok', signedIn: 'in' });
  }

  #called(process: string, id: number) {
    const session = process;
    return {
      id,
      clock: 'c0',
      client: process,
      session,
      user: 'jepsen',
      request: `jepsen-${id}`,
      call: this.now,
    };
  }

  #object(key: string): string {
    const object = `${key === '' ? 'object' : `object ${key}`}@jepsen`;
    if (this.#known.has(object)) return object;
    this.#known.add(object);
    this.#emit({ type: 'object', object, kind: KINDS[this.#options.model], initial: this.#initial });
    return object;
  }
}

/** Returns whether values are `[key value]`: then a read has `[key nil]`, and a cas has a pair as its second part. */
function isKeyed(action: Action, value: Edn): boolean {
  if (!Array.isArray(value)) return false;
  if (action === 'cas') return Array.isArray(value[1]);
  return value.length === 2;
}

function writing(
  action: Action,
  value: Edn,
  line: number,
): { value?: string; expected?: string; state?: string[] } {
  if (action === 'cas') {
    if (Array.isArray(value) && value.length === 2) {
      return { expected: textOf(value[0] ?? null), value: textOf(value[1] ?? null) };
    }
    throw new EdnError(`line ${line}: expected [old new] of a cas, got ${short(value)}`);
  }
  if (action === 'set' && Array.isArray(value)) return { state: value.map(textOf) };
  return { value: textOf(value) };
}

/** Parses the option `--initial`. @throws UsageError if its text is not EDN */
function initialOf({ initial, model }: JepsenOptions): string[] {
  const forms: Edn[] = [];
  try {
    const reader = new EdnReader(form => forms.push(form));
    reader.feed(initial ?? '');
    reader.end();
  } catch (error) {
    throw new UsageError(`--initial: ${(error as Error).message}`);
  }
  const values = forms.filter(form => form !== null).map(textOf);
  if (KINDS[model] === 'register' && values.length > 1) {
    throw new UsageError(`--initial: expected one value of a register, got ${JSON.stringify(initial)}`);
  }
  return values;
}

const short = (value: Edn): string => {
  const text = textOf(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};
