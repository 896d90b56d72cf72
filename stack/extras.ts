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

const NOTHING: Extra = { env: {}, stop: async () => {}, welcome: '' };

/**
 * Starts a mailbox unless SMTP_URL is set, and SeaweedFS unless S3_BUCKET is set.
 * Without an installed SeaweedFS, cards have no pictures.
 */
export async function startExtras(onDeath: OnDeath): Promise<Extra> {
  const mails = process.env['SMTP_URL'] ? NOTHING : await mailbox();
  try {
    const cards = process.env['S3_BUCKET'] ? NOTHING : await pictures(onDeath);
    const stop = async () => void (await Promise.all([mails.stop(), cards.stop()]));
    return { env: { ...mails.env, ...cards.env }, stop, welcome: mails.welcome + cards.welcome };
  } catch (error) {
    await mails.stop();
    throw error;
  }
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
    return { ...NOTHING, welcome };
  }
}
