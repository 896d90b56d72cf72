/** Reads the histories in Porcupine's tests: of a key-value store, and of etcd, recorded by Jepsen. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { getOrInsert } from '../verify/core/get-or-insert.ts';
import type { ObjectOperation } from '../verify/core/objects/models.ts';
import type { Interval } from '../verify/core/search/decision.ts';
import type { History } from './porcupine.ts';

/**
 * Returns the histories in Porcupine's tests.
 * @param folder path of Porcupine's `test_data`
 */
export function publicHistories(folder: string): History[] {
  const files = (pattern: string): string[] => globSync(join(folder, pattern)).sort();
  return [...files('kv/*.txt').map(keyValueStore), ...files('jepsen/*.log').map(etcd)];
}

/** The position of an operation in the history file serves as its time. */
class Reader {
  readonly #objects = new Map<string, Interval[]>();
  readonly #open = new Map<string, Interval>();
  #now = 0;

  invoke(process: string, object: string, operation: ObjectOperation): void {
    const interval = { call: ++this.#now, return: Number.POSITIVE_INFINITY, operation };
    this.#open.set(process, interval);
    getOrInsert(this.#objects, object, () => []).push(interval);
  }

  /** @param saw values that a read returned; undefined if it returned none */
  complete(process: string, saw?: readonly string[]): void {
    const interval = this.#open.get(process);
    if (interval === undefined) return;
    this.#open.delete(process);
    if (interval.operation.action === 'read' && saw === undefined) return;
    interval.return = ++this.#now;
    if (saw !== undefined) interval.operation.saw = saw;
  }

  /** Removes an operation that did not take effect. */
  failed(process: string): void {
    const operation = this.#open.get(process);
    this.#open.delete(process);
    for (const [object, operations] of this.#objects)
      this.#objects.set(
        object,
        operations.filter(other => other !== operation),
      );
  }

  /** One list of operations for each object, without reads that got no response. */
  get objects(): Interval[][] {
    return [...this.#objects.values()].map(operations =>
      operations.filter(
        ({ return: end, operation }) => operation.action !== 'read' || end !== Number.POSITIVE_INFINITY,
      ),
    );
  }
}

const KV =
  /:process (?<process>\d+), :type :(?<type>\w+), :f :(?<f>get|put|append), :key "(?<key>.*?)", :value (?<value>.*)\}/;

/** The history of a key-value store: `put` replaces a list, and `append` adds an item such as `x 3 14 y`. */
function keyValueStore(file: string): History {
  const reader = new Reader();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const { process = '', type, f, key = '', value = '' } = KV.exec(line)?.groups ?? {};
    const text = value === 'nil' || value === '' ? '' : (JSON.parse(value) as string);
    const items = text.match(/x \d+ \d+ y/g) ?? [];
    if (type === 'ok') reader.complete(process, f === 'get' ? items : undefined);
    else if (f === 'get') reader.invoke(process, key, { action: 'read' });
    else if (f === 'put') reader.invoke(process, key, { action: 'set', state: items });
    else if (f === 'append') reader.invoke(process, key, { action: 'add', value: text });
  }
  return {
    name: `key-value store, ${basename(file, '.txt')}`,
    kind: 'list',
    initial: [],
    objects: reader.objects,
  };
}

const ETCD = /- (?<process>\d+)\s+:(?<type>\w+)\s+:(?<f>read|write|cas)\s+(?<value>.*)$/;

/** The history of an etcd register. `info` means that no response came. */
function etcd(file: string): History {
  const reader = new Reader();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const { process = '', type, f, value = '' } = ETCD.exec(line)?.groups ?? {};
    const [first = '', second = ''] = value.match(/\d+/g) ?? [];
    if (type === 'invoke') {
      if (f === 'read') reader.invoke(process, '', { action: 'read' });
      else if (f === 'write') reader.invoke(process, '', { action: 'set', value: first });
      else reader.invoke(process, '', { action: 'cas', expected: first, value: second });
    } else if (type === 'ok')
      reader.complete(process, f === 'read' ? (first === '' ? [] : [first]) : undefined);
    else if (type === 'fail' && f === 'cas') reader.failed(process);
    else if (type === 'fail') reader.complete(process);
  }
  return { name: `etcd, ${basename(file, '.log')}`, kind: 'register', initial: [], objects: reader.objects };
}
