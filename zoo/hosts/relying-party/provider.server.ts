/** An identity provider: the package oidc-provider with a login form, a consent page, and sessions in memory. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import express from 'express';
import Provider from 'oidc-provider';

const { env } = process;
const port = Number(env['PORT']);
const issuer = env['OIDC_ISSUER'] ?? '';
const relyingParty = env['RELYING_PARTY'] ?? '';
const PASSWORD = env['PASSWORD'] ?? '';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: env['OIDC_CLIENT'],
      client_secret: env['OIDC_SECRET'],
      redirect_uris: [`${relyingParty}/callback`],
      post_logout_redirect_uris: [`${relyingParty}/`],
      backchannel_logout_uri: `${relyingParty}/backchannel-logout`,
      backchannel_logout_session_required: true,
      id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
  findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  ttl: { Session: 86_400, Grant: 86_400, Interaction: 3600, IdToken: 3600, AccessToken: 3600 },
});

const app = express();
app.get('/interaction/:uid', async (request, response) => {
  const { uid, prompt } = await provider.interactionDetails(request, response);
  const fields =
    prompt.name === 'login'
      ? '<input name="login"><input type="password" name="password"><button>Sign in</button>'
      : '<input type="hidden" name="prompt" value="consent"><button>Continue</button>';
  response.send(
    `<!doctype html><title>Sign in</title><form method="post" action="/interaction/${uid}">${fields}</form>`,
  );
});

app.post('/interaction/:uid', express.urlencoded({ extended: false }), async (request, response) => {
  const { uid, prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const { login, password } = request.body;
    if (password !== PASSWORD) return response.redirect(303, `/interaction/${uid}`);
    const result = { login: { accountId: String(login) } };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const grant = known ?? new provider.Grant({ accountId: session?.accountId, clientId: params.client_id });
  grant.addOIDCScope((prompt.details.missingOIDCScope ?? []).join(' '));
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
});
app.use(provider.callback());

const server = app.listen(port, '127.0.0.1');
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
