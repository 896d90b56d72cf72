import { servePlain } from '../hosts/plain/serve.ts';

const { RELEASE, RENEWS } = process.env;
const sameSite = RELEASE === '2' ? 'strict' : 'lax';

servePlain({
  session: { cookie: { httpOnly: true, sameSite }, rolling: RENEWS === 'true' },
  // The attributes of a cookie are part of its session: a release that renews cookies must change them there.
  onSession: () => (request, _response, next) => {
    if (RENEWS === 'true') request.session.cookie.sameSite = sameSite;
    next();
  },
});
