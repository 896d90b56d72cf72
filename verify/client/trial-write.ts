/** Finds out whether an app keeps a text, before a run uses such texts. */
import type { Reply } from '../core/response/reply.ts';
import type { Probe } from '../target/schema.ts';
import type { Context } from './context.ts';
import type { Driver } from './driver.ts';
import type { How } from './how.ts';

/** The response to a trial write, and whether the next page shows the text unchanged. Trial writes are not recorded. */
export interface TrialWrite {
  answer: Reply;
  shown: boolean;
}

/**
 * Writes a text, and reads whether the page shows it unchanged. Records nothing, because an app may refuse or change
 * the text.
 */
export async function trialWrite(
  driver: Driver,
  { interpreter }: Pick<Context, 'interpreter'>,
  probe: Probe,
  how: How,
): Promise<TrialWrite> {
  const before = await driver.look(probe.read.path, how);
  const { value, answer } = await driver.put(probe, how);
  const shows = (page: Reply): boolean => {
    const { values, next, cut } = interpreter.page(page, probe.object, probe.read.path);
    const times = values.filter(one => one === value).length;
    // A text that was sent in two fields has changed if the page shows it twice.
    if (how.text !== undefined) return probe.kind === 'set' ? times > 0 : times === 1;
    // A text that is not on the page may be in a later part of a long list, so it counts as shown.
    return times > 0 || next !== undefined || cut;
  };
  let page = await driver.look(probe.read.path, how);
  if (!shows(page)) page = await driver.look(probe.read.path, how);
  return { answer, shown: shows(page) && (how.text === undefined || !shows(before)) };
}
