/** Starts the additional programs of `npm run stack`: a mailbox and a picture server. */
import type { Beside } from './local.ts';
import { startMailbox } from './mailbox.ts';
import { freePortFrom } from './ports.ts';
import { MissingProgramError } from './programs.ts';
import { startServer } from './servers.ts';
import type { OnDeath } from './stack.ts';

const MAILBOX_PORT = 8025;

interface Extra extends Beside {
  readonly welcome: string;
}

/**
 * Starts a mailbox unless SMTP_URL is set, and SeaweedFS unless S3_BUCKET is set.
 * Without an installed SeaweedFS, cards have no pictures.
 */
export async function startExtras(onDeath: OnDeath): Promise<Extra> {
  const started: Extra[] = [];
  const stop = async () => {
    for (const extra of started) await extra.stop();
  };
  try {
    if (!process.env['SMTP_URL']) started.push(await mailbox());
    if (!process.env['S3_BUCKET']) started.push(await pictures(onDeath));
  } catch (error) {
    await stop();
    throw error;
  }
  const env = Object.assign({}, ...started.map(extra => extra.env));
  return { env, stop, welcome: started.map(({ welcome }) => welcome).join('') };
}

async function mailbox(): Promise<Extra> {
  const { smtpUrl, url, stop } = await startMailbox(await freePortFrom(MAILBOX_PORT));
  return { env: { SMTP_URL: smtpUrl }, stop, welcome: `Mails that activate new accounts: ${url}\n` };
}

async function pictures(onDeath: OnDeath): Promise<Extra> {
  try {
    const store = await startServer('pictures', { onDeath });
    return {
      env: store.addresses,
      stop: () => store.dispose(),
      welcome: 'Cards can have pictures, which SeaweedFS stores.\n',
    };
  } catch (error) {
    if (!(error instanceof MissingProgramError)) throw error;
    const welcome = 'Cards have no pictures: scripts/setup --stores installs SeaweedFS, which stores them.\n';
    return { env: {}, stop: async () => {}, welcome };
  }
}
