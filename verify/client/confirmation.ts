/** Decides the outcome of a write by a message such as "saved", in the response to the write or after redirects. */
import { escaped } from '../core/response/finding.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Call, Later } from './call.ts';

/** Maximum number of consecutive redirects, as in browsers. */
export const REDIRECTS = 20;

/**
 * Returns a function that looks for the message that confirms a write. If the message is missing, the outcome is
 * unknown, because the app may have lost only the message.
 *
 * @param confirmed regular expression of the message; {value} stands for the written value
 * @param open opens a page in the same session; in the history, this request comes after the write
 * @param busy returns true for a page that says that the app is busy and has refused the write
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
