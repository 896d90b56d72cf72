import { type Request, type Response, Router } from 'express';
import type { Activated, Activation } from '../activation.ts';
import type { CsrfProtection } from '../csrf.ts';
import { Refusal } from '../failures.ts';
import type { LoginLimits } from '../login-limits.ts';
import { done, show } from '../pages.ts';
import { email, field } from './guard.ts';

const REFUSED: Record<Exclude<Activated, 'activated'>, Refusal> = {
  used: new Refusal(409, 'This link was used before, so the account is active. Sign in.'),
  expired: new Refusal(410, 'This link has expired. Open the link in the newest mail, or register again.'),
  invalid: new Refusal(400, 'This link is incomplete. Open it again from the mail, or copy all of it.'),
};

export interface ActivationDeps {
  readonly activation: Activation;
  readonly csrf: CsrfProtection;
  readonly limits: LoginLimits;
}

/**
 * Serves GET and POST /activation, and POST /activation/mail. Opening a link changes nothing, because mail programs
 * open links to check them.
 */
export function activationRoutes({ activation, csrf, limits }: ActivationDeps): Router {
  const router = Router();
  router.get('/', (request, response) => {
    const { token } = request.query;
    activationPage(request, response, { token: typeof token === 'string' ? token : undefined });
  });

  router.post('/', csrf.require, async (request, response) => {
    const activated = await activation.use(field(request, 'token') ?? '');
    if (activated !== 'activated') throw REFUSED[activated];
    done(request, response, '/login?active', { active: true });
  });

  router.post('/mail', csrf.require, async (request, response) => {
    const address = email.safeParse(request.body?.email);
    if (!address.success)
      return activationPage(request, response, { status: 422, error: 'Enter your email address.' });
    const seconds = await limits.countMail(request.ip ?? '', address.data);
    if (seconds > 0) {
      response.set('Retry-After', String(seconds));
      return activationPage(request, response, {
        status: 429,
        error: `Too many mails. Try again in ${Math.ceil(seconds / 60)} min.`,
      });
    }
    // The response must not reveal whether the address has an account.
    await activation.resend(address.data);
    done(request, response, '/activation', { mailed: true });
  });
  return router;
}

function activationPage(
  request: Request,
  response: Response,
  { status = 200, ...data }: { status?: number; token?: string | undefined; error?: string },
): void {
  show(request, response, { view: 'activation', title: 'Activate your account', status, data });
}
