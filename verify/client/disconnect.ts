/** Sends requests whose client disconnects before the response, like a user who closes the tab. Records nothing. */
import { Barrier } from './barrier.ts';
import type { Driver } from './driver.ts';
import { get, type How } from './how.ts';

/** Time for which an interrupted request's last byte is held back, milliseconds. The client disconnects earlier. */
const INTERRUPTED = 1;

/** Requests a page, and disconnects after `after` milliseconds (0: when the request is sent). */
export async function abandon(driver: Driver, path: string, after: number, how: How = {}): Promise<void> {
  await driver.unrecorded({ ...get(path), abandon: after }, how);
}

/** Sends a form that no app expects, without its last byte, and disconnects. */
export async function interrupt(driver: Driver, path: string, how: How = {}): Promise<void> {
  const form = { baton: 'interrupted' };
  const held = new Barrier(1).place(INTERRUPTED);
  await driver.unrecorded({ method: 'POST', path, form, abandon: 0 }, { ...how, held });
}
