/** Reads activation mails from the mailbox of `npm run stack` or from Mailpit. */
import { sleep } from 'k6';
import http from 'k6/http';

const MAILBOX = __ENV['MAILBOX'] || 'http://127.0.0.1:8025';
/** Number of reads of the mailbox, one per second. A mail can arrive later than the response. */
const READS = 10;

/**
 * Returns the token in the link of the newest mail to an address.
 * @throws Error if the mailbox has no such mail
 */
export function tokenMailedTo(address: string): string {
  const url = `${MAILBOX}/view/latest.txt?query=${encodeURIComponent(`to:"${address}"`)}`;
  let problem = '';
  for (let i = 0; i < READS; i++) {
    if (i > 0) sleep(1);
    const { status, body, error } = http.get(url, {
      tags: { name: 'mailbox' },
      responseCallback: http.expectedStatuses(200, 404),
    });
    const token = /[?&]token=([\w.-]+)/.exec(String(body))?.[1];
    if (token !== undefined) return token;
    problem = error || `status ${status}`;
  }
  throw new Error(
    `MAILBOX: expected a mail with a link to the new user at ${MAILBOX}, got ${problem}: set MAILBOX to the address ` +
      'of the mailbox that "npm run stack" prints, or of Mailpit',
  );
}
