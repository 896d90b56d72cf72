import { type Entered, takeToken } from './enter.ts';
import type { Hints } from './hints.ts';
import type { Login } from './login.ts';
import { besideLogin, USUAL_PAGES } from './usual-pages.ts';

const SCHEMES = ['Bearer', 'Token', 'JWT'];
const REFUSALS = 3;

/**
 * Finds the scheme for a token (RFC 9110, 11.6.1). Tries schemes of the Authorization header on pages that refuse a
 * client without a session. Begins with the scheme that the refusal names.
 */
export async function schemeOf(
  entered: Entered,
  login: Login,
  { pages }: Hints,
): Promise<Pick<Login, 'scheme'>> {
  let refusals = 0;
  for (const path of [...pages, ...besideLogin(login), ...USUAL_PAGES]) {
    const { status, headers, path: at } = await entered.visitor.manners.fresh().getSlashed(path);
    if (status !== 401 && status !== 403) continue;
    const [asked = 'Bearer'] = /^[\w-]+/.exec(String(headers['www-authenticate'] ?? '')) ?? [];
    for (const scheme of new Set([asked, ...SCHEMES])) {
      const visitor = entered.visitor.twin();
      takeToken(visitor, { ...login, scheme }, entered.answer);
      if (((await visitor.get(at)).status ?? 500) < 400) return scheme === 'Bearer' ? {} : { scheme };
    }
    if (++refusals === REFUSALS) break;
  }
  return {};
}
