/** Requests the further pages of a list. */
import { further, get, type How, type What } from './how.ts';
import type { ListRead } from './list-read.ts';
import type { Recorded } from './recorder.ts';
import type { SessionRequests } from './requests.ts';

/** Requests the pages after the first page of a list. Returns what was recorded of the last page. */
export async function lastPage(
  list: ListRead,
  first: Recorded,
  what: What,
  how: How,
  requests: SessionRequests,
): Promise<Recorded> {
  let recorded = first;
  while (list.next !== undefined) {
    const path = requests.clientOf(how).pathOf(list.next, recorded.operation.path ?? '/');
    if (path === undefined) break;
    recorded = await requests.perform(what, get(path), further(how));
  }
  return recorded;
}
