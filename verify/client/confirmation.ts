/** Decides the outcome of a write that only a message on a page confirms: in the response, or after its redirect. */
import { escaped } from '../core/response/finding.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Call, Later } from './call.ts';

/** Maximum number of redirects that are followed in a row: the limit of browsers. */
export const REDIRECTS = 20;

/**
 * Returns a function that decides the outcome of a write whose response does not refuse it. If the message is missing,
 * the write may still have happened: the app stores the message in the session, and both may be lost together.
 *
 * @param confirmed regular expression of the message; {value} in it is replaced by the written value
 * @param open opens a page of the target in the session that wrote. The history gets this request after the write,
 *   because the two do not overlap
 * @param busy returns whether a page says "busy, try again". Such a page refuses the write
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
