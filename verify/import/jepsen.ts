/** Judges the linearizability of Jepsen histories (https://github.com/jepsen-io/jepsen), in EDN or JSON. */
import { createReadStream } from 'node:fs';
import { linearizabilityOf } from '../core/checks/linearizability.ts';
import { COMMAND } from '../core/command.ts';
import type { Action, End, Event, ObjectKind, Run } from '../core/history/history.ts';
import type { Result } from '../core/result/result.ts';
import type { Searching } from '../core/search/searches.ts';
import { Judge } from '../core/timeline/judge.ts';
import { UsageError } from '../errors.ts';
import { type Edn, EdnError, EdnReader, textOf } from './edn.ts';

interface Model {
  kind: ObjectKind;
  /** Key: a function of Jepsen (`:f`); value: the action in a history of Baton. */
  actions: Record<string, Action>;
}

const MODELS = {
  register: { kind: 'register', actions: { read: 'read', write: 'set' } },
  'cas-register': { kind: 'register', actions: { read: 'read', write: 'set', cas: 'cas' } },
  append: { kind: 'list', actions: { read: 'read', append: 'add', write: 'set' } },
  set: { kind: 'set', actions: { read: 'read', add: 'add' } },
} satisfies Record<string, Model>;
const NAMES = Object.keys(MODELS).join(', ');

interface JepsenOptions {
  model: keyof typeof MODELS;
  initial?: string | undefined;
  /** What a read of nil means. `any`: nothing about the object. `initial`: the object has its initial value. */
  nilReads: 'any' | 'initial';
}

/**
 * Parses --model, --initial and --nil-reads.
 *
 * @throws UsageError if one is missing or wrong
 */
export function jepsenOptions(
  words: { [name in 'model' | 'initial' | 'nil-reads']?: string | undefined },
): JepsenOptions {
  const { model = 'none', initial, 'nil-reads': nilReads = 'initial' } = words;
  if (!Object.hasOwn(MODELS, model)) throw new UsageError(`--model: expected ${NAMES}, got ${model}`);
  if (nilReads !== 'any' && nilReads !== 'initial')
    throw new UsageError(`--nil-reads: expected any or initial, got ${nilReads}`);
  return { model: model as JepsenOptions['model'], initial, nilReads };
}

/** Requires only one read as evidence, and accepts a history of any length, because the user asked for a verdict. */
const LEAST = { overlaps: 0, handoffs: 0, reads: 1, longest: Number.POSITIVE_INFINITY };

/**
 * Judges a Jepsen history.
 *
 * @throws UsageError with file and line if the file is no Jepsen history
 */
export async function judgeJepsen(
  file: string,
  options: JepsenOptions,
  searching: Searching = {},
): Promise<Result> {
  const judge = new Judge(runOf(file, options), [linearizabilityOf(LEAST, searching)]);
  const history = new JepsenHistory(options, event => judge.step(event));
  const reader = new EdnReader((form, line) => history.take(form, line));
  const expected = (what: string) => new UsageError(`${file}: ${what}`);
  try {
    for await (const piece of createReadStream(file, 'utf8')) reader.feed(piece as string);
    reader.end();
  } catch (error) {
    if (error instanceof EdnError) throw expected(error.message);
    throw expected(`expected a Jepsen history (${(error as NodeJS.ErrnoException).code ?? error})`);
  }
  if (history.now === 0)
    throw expected(
      'expected operations such as {:process 0, :type :invoke, :f :read, :value nil}, found none',
    );
  judge.step({ type: 'finish', clock: 'c0', at: history.now, reason: 'complete' });
  return judge.finish();
}

function runOf(file: string, { model, initial, nilReads }: JepsenOptions): Run {
  const state = initial === undefined ? '' : ` --initial '${initial}'`;
  return {
    type: 'run',
    format: 'baton-history',
    version: 1,
    run: 'jepsen',
    seed: 0,
    canary: 'jepsen',
    logs: [],
    started: '1970-01-01T00:00:00.000Z',
    target: `Jepsen history (${model})`,
    url: file,
    routing: 'spread',
    command: `${COMMAND} check --from jepsen ${file} --model ${model}${state} --nil-reads ${nilReads}`,
    claims: ['linearizability'],
  };
}

/** Assumed time between two lines of a history, microseconds. Only the order of lines matters. */
const STEP = 10;

/** Converts a Jepsen history to events of a Baton history. The position of a line determines its time. */
class JepsenHistory {
  now = 0;
  readonly #model: Model;
  readonly #nilReads: 'any' | 'initial';
  readonly #initial: string[];
  readonly #emit: (event: Event) => void;
  /** Key: a process of Jepsen; value: its operation in flight. */
  readonly #invoked = new Map<string, { id: number; action: Action }>();
  readonly #known = new Set<string>();
  /** True if values have the form `[key value]`, which names an object. */
  #keyed: boolean | undefined;
  #ids = 0;

  constructor({ model, initial, nilReads }: JepsenOptions, emit: (event: Event) => void) {
    this.#model = MODELS[model];
    this.#nilReads = nilReads;
    this.#initial = initialOf(initial ?? '', this.#model.kind);
    this.#emit = emit;
  }

  /** @throws EdnError if the form is not an operation of the model */
  take(form: Edn, line: number): void {
    const expected = (what: string) => new EdnError(`line ${line}: ${what}`);
    if (!(form instanceof Map)) throw expected(`expected an operation, got ${short(form)}`);
    const [process, type, f, value = null] = ['process', 'type', 'f', 'value'].map(name => form.get(name));
    // Jepsen's nemesis, which injects faults, has a process that is not a number.
    if (process !== undefined && typeof process !== 'number') return;
    if (process === undefined || typeof type !== 'string' || typeof f !== 'string')
      throw expected(`expected :process, :type and :f, got ${short(form)}`);
    const action = this.#model.actions[f];
    if (action === undefined) {
      const known = Object.keys(this.#model.actions).join(', ');
      throw expected(`the model has ${known}, got :f :${f}. Choose another --model (${NAMES})`);
    }
    this.now += STEP;
    const name = `p${process}`;
    const invoked = this.#invoked.get(name);
    const split = (): [string, Edn] => {
      if (this.#keyed !== true) return ['', value];
      if (isPair(value)) return [textOf(value[0]), value[1]];
      throw expected(`expected [key value] as in the first operation, got ${short(value)}`);
    };
    if (type === 'invoke') {
      if (invoked) throw expected(`process ${process} invokes a second operation before the first is over`);
      this.#keyed ??= isKeyed(action, value);
      const [key, of] = split();
      if (action === 'cas' && !isPair(of)) throw expected(`expected [old new] of a cas, got ${short(of)}`);
      this.#invoke(name, action, key, of);
    } else if (type === 'ok' || type === 'fail' || type === 'info') {
      if (!invoked) throw expected(`process ${process} completes an operation that it never invoked`);
      this.#invoked.delete(name);
      const saw = type === 'ok' && invoked.action === 'read' ? this.#saw(split()[1]) : undefined;
      const end: End = { type: 'end', id: invoked.id, outcome: type, ...(saw && { saw }) };
      this.#emit(type === 'info' ? end : { ...end, return: this.now });
    } else throw expected(`expected :type :invoke, :ok, :fail or :info, got :${type}`);
  }

  #invoke(process: string, action: Action, key: string, value: Edn): void {
    // Jepsen has no sessions, so each process becomes a session without a logout.
    if (!this.#known.has(process)) {
      const login = this.#called(process, 'login', this.now - STEP + 1);
      this.#emit(login);
      this.#emit({ type: 'end', id: login.id, return: login.call + 1, outcome: 'ok', signedIn: 'in' });
    }
    const object = `${key === '' ? 'object' : `object ${key}`}@jepsen`;
    if (!this.#known.has(object))
      this.#emit({ type: 'object', object, kind: this.#model.kind, initial: this.#initial });
    this.#known.add(process).add(object);
    const called = this.#called(process, action, this.now);
    this.#invoked.set(process, { id: called.id, action });
    this.#emit({ ...called, object, ...(action === 'read' ? {} : writing(action, value)) });
  }

  #called(process: string, action: Action, call: number) {
    const id = ++this.#ids;
    const who = { clock: 'c0', client: process, session: process, user: 'jepsen' };
    return { type: 'start' as const, id, ...who, request: `jepsen-${id}`, call, action };
  }

  #saw(value: Edn): string[] | undefined {
    if (value === null) return this.#nilReads === 'any' ? undefined : this.#initial;
    return Array.isArray(value) && this.#model.kind !== 'register' ? value.map(textOf) : [textOf(value)];
  }
}

const isPair = (value: Edn): value is [Edn, Edn] => Array.isArray(value) && value.length === 2;

/** Keyed values are `[key value]`, `[key nil]` for a read, and `[key [old new]]` for a compare-and-set (cas). */
const isKeyed = (action: Action, value: Edn): boolean =>
  action === 'cas' ? Array.isArray(value) && Array.isArray(value[1]) : isPair(value);

function writing(action: Action, value: Edn): { value?: string; expected?: string; state?: string[] } {
  if (action === 'cas' && isPair(value)) return { expected: textOf(value[0]), value: textOf(value[1]) };
  return action === 'set' && Array.isArray(value) ? { state: value.map(textOf) } : { value: textOf(value) };
}

/** @throws UsageError if --initial is not EDN, or has several values for a register */
function initialOf(text: string, kind: ObjectKind): string[] {
  const forms: Edn[] = [];
  try {
    const reader = new EdnReader(form => forms.push(form));
    reader.feed(text);
    reader.end();
  } catch (error) {
    throw new UsageError(`--initial: ${(error as Error).message}`);
  }
  const values = forms.filter(form => form !== null).map(textOf);
  if (kind !== 'register' || values.length <= 1) return values;
  throw new UsageError(`--initial: expected one value of a register, got ${JSON.stringify(text)}`);
}

const short = (value: Edn): string => {
  const text = textOf(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};
