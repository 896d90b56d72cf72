import type { Transporter } from 'nodemailer';
import type { Config } from './config.ts';
import { Refusal } from './failures.ts';

/** Timeout for the mail server, shorter than the timeouts of common balancers: the user waits for the mail server. */
const TIMEOUT_MS = 10_000;

export type Mailer = Transporter;

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Returns a mailer that connects for each mail; undefined if SMTP_URL is not set. */
export async function createMailer({ smtpUrl, mailFrom }: Config): Promise<Mailer | undefined> {
  if (smtpUrl === '') return undefined;
  const { createTransport } = await import('nodemailer');
  const timeouts = {
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  };
  return createTransport({ url: smtpUrl, ...timeouts }, { from: mailFrom });
}

/** Sends a mail. Throws Refusal 503 if the mail server does not accept it within 10 s. */
export async function sendMail(mailer: Mailer, mail: Mail): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  // Limits the whole delivery, because nodemailer's own timeouts limit only single steps.
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(`the mail server did not accept a mail within ${TIMEOUT_MS} ms`);
    timer = setTimeout(() => reject(error), TIMEOUT_MS);
  });
  try {
    await Promise.race([mailer.sendMail(mail), late]);
  } catch (cause) {
    throw new Refusal(
      503,
      'Your account waits for its activation, but the mail with the link could not be sent. Sign in to have it sent again.',
      { cause },
    );
  } finally {
    clearTimeout(timer);
  }
}
