/** Contains the state of one thread of the fake k6, which simulates one virtual user. */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Message, RequestMessage, ResponseMessage, ScriptOptions, Task } from './messages.ts';

export const task = workerData.task as Task;
const port = workerData.port as MessagePort;

/** Tags that the script has set for all samples of the virtual user. */
export const tags: Record<string, string> = {};

export const report = (message: Message): void =>
  port.postMessage(message.type === 'sample' ? { ...message, tags: { ...tags, ...message.tags } } : message);

/** Sends a request through the main thread, and blocks until the response arrives. */
export function sendRequest(request: RequestMessage): ResponseMessage {
  Atomics.store(task.signal, 0, 0);
  report(request);
  Atomics.wait(task.signal, 0, 0);
  return receiveMessageOnPort(port)?.message as ResponseMessage;
}

/** Blocks the thread, as k6's `sleep` does. */
export function block(seconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
}

/** State of the script: its options, and the iteration and progress of its virtual user. */
export const script = { options: {} as ScriptOptions, iteration: 0, began: 0, progress: (): number => 0 };
