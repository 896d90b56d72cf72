/** Passes the events of a test history (core/testing/picture.ts) to the status of a run. */
import type { Start } from '../core/history/history.ts';
import { joined } from '../core/history/joined.ts';
import type { Picture } from '../core/testing/picture.ts';
import type { RunStatus } from '../run-status.ts';

export function feed({ run, events }: Picture, status: RunStatus): RunStatus {
  const starts = new Map<number, Start>();
  for (const event of [run, ...events]) {
    status.event(event);
    if (event.type === 'start') starts.set(event.id, event);
    if (event.type === 'op') status.operation(event);
    const start = event.type === 'end' ? starts.get(event.id) : undefined;
    if (event.type === 'end' && start !== undefined) status.operation(joined(start, event));
  }
  return status;
}
