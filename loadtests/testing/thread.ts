/** What the modules of the double share in one thread: one virtual user, as k6 has one runtime for each. */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Answered, Asked, Message, ScriptOptions, Task } from './messages.ts';

export const task = workerData.task as Task;
const port = workerData.port as MessagePort;

/** Tags of all that the virtual user tells, as a script has set them. */
export const tags: Record<string, string> = {};

export const tell = (message: Message): void =>
  port.postMessage(message.type === 'sample' ? { ...message, tags: { ...tags, ...message.tags } } : message);

/** Asks the main thread and blocks until it answers. */
export function ask(request: Asked): Answered {
  Atomics.store(task.signal, 0, 0);
  tell(request);
  Atomics.wait(task.signal, 0, 0);
  return receiveMessageOnPort(port)?.message as Answered;
}

/** Blocks as k6's sleep does. */
export function block(seconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
}

/** Of the script, once it is loaded, and of what its virtual user does. */
export const script = { options: {} as ScriptOptions, iteration: 0, began: 0, progress: (): number => 0 };
