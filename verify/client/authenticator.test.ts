/** Tests the software authenticator against @simplewebauthn/server, which verifies each passkey and signature. */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type VerifiedRegistrationResponse,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { expect, it } from 'vitest';
import { Authenticator } from './authenticator.ts';

const site = new URL('https://app.example.test:8443/login');
const rpID = 'example.test';
const account = { user: 'alice', password: '', label: 'alice' };
const bob = { user: 'bob', password: '', label: 'bob' };
const expected = { expectedOrigin: site.origin, expectedRPID: rpID };

async function registered(authenticator: Authenticator) {
  const options = await generateRegistrationOptions({ rpName: 'shop', rpID, userName: 'alice' });
  const response = authenticator.respond('create', JSON.stringify(options), account, site) as never;
  return verifyRegistrationResponse({ response, expectedChallenge: options.challenge, ...expected });
}

const credentialOf = ({ registrationInfo }: VerifiedRegistrationResponse) => {
  if (registrationInfo === undefined) throw new Error('the passkey was not accepted');
  return registrationInfo.credential;
};

it('makes a passkey that a server accepts, and signs challenges with it', async () => {
  const authenticator = new Authenticator();
  const credential = credentialOf(await registered(authenticator));
  const options = await generateAuthenticationOptions({ rpID });
  // Some servers put the WebAuthn options inside another JSON object.
  const body = JSON.stringify({ ok: true, publicKey: options });
  const response = authenticator.respond('get', body, account, site) as never;
  const sign = { response, credential, ...expected };
  expect(await verifyAuthenticationResponse({ ...sign, expectedChallenge: options.challenge })).toMatchObject(
    {
      verified: true,
      authenticationInfo: { userVerified: true, newCounter: 0 },
    },
  );
  await expect(verifyAuthenticationResponse({ ...sign, expectedChallenge: 'b3RoZXI' })).rejects.toThrow(
    'challenge',
  );
});

it('makes a new key for each account and each registration', async () => {
  const authenticator = new Authenticator();
  const first = credentialOf(await registered(authenticator));
  const second = credentialOf(await registered(authenticator));
  expect(second.id).not.toBe(first.id);
  const options = await generateAuthenticationOptions({ rpID });
  const response = authenticator.respond('get', JSON.stringify(options), account, site) as never;
  const old = verifyAuthenticationResponse({
    response,
    credential: { ...first },
    expectedChallenge: options.challenge,
    ...expected,
  });
  expect((await old).verified).toBe(false);
});

it.each<[string, 'create' | 'get', string, string]>([
  ['a page', 'create', '<p>Log in</p>', 'passkey: expected the options of navigator.credentials.create'],
  ['very deep JSON', 'get', '['.repeat(1e5) + ']'.repeat(1e5), 'as JSON with a `challenge`, got none'],
  ['no challenge', 'get', '{"rpId":"example.test"}', 'in the response, as JSON with a `challenge`, got none'],
  [
    'no known algorithm',
    'create',
    '{"challenge":"x","pubKeyCredParams":[{"alg":-257}]}',
    'got options with -257',
  ],
  [
    'an account without a passkey',
    'get',
    '{"challenge":"x"}',
    'expected a passkey of bob, got none: the step',
  ],
])('refuses %s, with an error that shows no secret', (_, ceremony, body, message) => {
  expect(() => new Authenticator().respond(ceremony, body, bob, site)).toThrow(message);
});

it('does not report an error of the target file if an app fails after a passkey has worked', async () => {
  const authenticator = new Authenticator();
  await registered(authenticator);
  expect(authenticator.respond('create', 'Service Unavailable', bob, site)).toBeUndefined();
  const sign = (who: typeof account) => authenticator.respond('get', '{"challenge":"x"}', who, site);
  expect(() => sign(bob)).toThrow('expected a passkey of bob');
  expect(sign(account)).toBeDefined();
  expect(sign(bob)).toBeUndefined();
});
