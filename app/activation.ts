/** Activates accounts by signed links in mails. Each link expires, and works only once. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Config } from './config.ts';
import type { Users } from './data/users.ts';
import { type Mailer, sendMail } from './mail.ts';
import { createSigner, type Signer } from './secrets.ts';

const Claim = z.tuple([z.string(), z.string(), z.number()]);

/** Result of opening an activation link. `used`: the link was opened before. `expired`: also for an unknown account. */
export type Activated = 'activated' | 'used' | 'expired' | 'invalid';

type Settings = Pick<Config, 'secrets' | 'publicUrl' | 'activationSeconds'>;

/** Registers and activates accounts. All methods throw StoreUnavailable if Redis does not confirm a command. */
export class Activation {
  readonly #users: Users;
  readonly #mailer: Mailer;
  readonly #settings: Settings;
  readonly #signer: Signer;

  constructor(users: Users, mailer: Mailer, settings: Settings) {
    this.#users = users;
    this.#mailer = mailer;
    this.#settings = settings;
    this.#signer = createSigner(settings.secrets, 'activation');
  }

  /**
   * Creates an account and mails its activation link. Returns false if the email address is taken. Throws Refusal 503
   * if the mail server refuses the mail.
   */
  async register(email: string, name: string, password: string): Promise<boolean> {
    const nonce = randomBytes(16).toString('base64url');
    const pending = { nonce, seconds: this.#settings.activationSeconds };
    if (!(await this.#users.register(email, name, password, pending))) return false;
    await this.#mail(email, nonce);
    return true;
  }

  /**
   * Mails a new activation link if the account is not yet active. Throws Refusal 503 if the mail server refuses the
   * mail.
   */
  async resend(email: string): Promise<void> {
    const nonce = await this.#users.renewPending(email, this.#settings.activationSeconds);
    if (nonce !== null) await this.#mail(email, nonce);
  }

  /**
   * Activates the account of a link. If several calls use one link at the same time, exactly one returns `activated`.
   */
  async use(token: string): Promise<Activated> {
    const claim = this.#read(token);
    if (claim === undefined) return 'invalid';
    const [email, nonce, expires] = claim;
    if (Date.now() > expires) return 'expired';
    return this.#users.activate(email, nonce);
  }

  #mail(email: string, nonce: string): Promise<void> {
    const { publicUrl, activationSeconds } = this.#settings;
    const expires = Date.now() + activationSeconds * 1000;
    const claim = Buffer.from(JSON.stringify([email, nonce, expires])).toString('base64url');
    const token = `${claim}.${this.#signer.sign(claim)}`;
    const until = new Date(expires).toUTCString();
    return sendMail(this.#mailer, {
      to: email,
      subject: 'Activate your account at Baton Cards',
      text: `Open this link to activate your account:\n\n${publicUrl}/activation?token=${token}\n\nThe link works once, until ${until}. If you did not register, ignore this mail.\n`,
    });
  }

  #read(token: string): z.infer<typeof Claim> | undefined {
    const [claim = '', given = ''] = token.split('.');
    if (!this.#signer.accepts(claim, given)) return undefined;
    return Claim.parse(JSON.parse(Buffer.from(claim, 'base64url').toString()));
  }
}
