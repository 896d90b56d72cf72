import type { Beside } from '../../stack/local.ts';
import { startMailbox } from '../../stack/mailbox.ts';

/** Starts a mailbox. Instances send mails to SMTP_URL, and Baton reads them at MAILBOX_URL. */
export async function mailbox(): Promise<Beside> {
  const { smtpUrl, url, stop } = await startMailbox();
  return { env: { SMTP_URL: smtpUrl, MAILBOX_URL: url }, stop };
}
