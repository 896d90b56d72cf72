/** A write that only a message tells of, in its answer or on the page that its redirect leads to. */
import { escaped } from '../core/finding.ts';
import type { Reply } from '../core/interpret.ts';
import type { Call, Later } from './recorder.ts';

/** Redirects in a row that are followed, as browsers bound them. */
export const REDIRECTS = 20;

/**
 * @param confirmed regular expression of the message; {value} stands for the value
 * @param open opens a page of the target, in the session that wrote; told after the write, which it does not overlap
 * @param busy whether a page says "busy, try again", which refuses the write wherever it is said
 * @returns decides the outcome of a write that its answer accepts. Without the message it may have happened: an app
 *   keeps it in the session, and it may be lost with that
 */
export function confirmation(
  confirmed: string,
  value: string,
  open: (path: string, later: Later) => Promise<Reply>,
  busy: (reply: Reply) => boolean,
): NonNullable<Call['settle']> {
  const message = new RegExp(confirmed.replaceAll('{value}', escaped(value)));
  return async (answer, outcome, later) => {
    if (outcome !== 'ok') return { outcome };
    let reply = answer;
    for (let i = 0; i < REDIRECTS && !message.test(reply.body); i++) {
      if (reply.leads === undefined) return { outcome: 'info' };
      reply = await open(reply.leads, later);
      if (busy(reply)) return { outcome: 'fail' };
    }
    return { outcome: message.test(reply.body) ? 'ok' : 'info' };
  };
}
