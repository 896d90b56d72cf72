import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'forgery',
  definition:
    'A session cookie whose value was changed is never signed in, on any instance, and never breaks the app (a 500). ' +
    'Changed means: a character in the middle of a part, cut, emptied, parts of two cookies spliced; never ' +
    'the last character of a part, which may decode to the same, nor the part by which a balancer routes. 429, 502, ' +
    '503 and 504 say nothing of the cookie. FORGED: a changed cookie was signed in, or broke the app.',
  picture: `
  1  login                              ├──┤          sid=s:Rk3…a9.kP…    logged in
  2  read with forged cookie (flip)           ├──┤    sid=s:Rk3…b9.kP…    500`,
  causes: [
    'an unsigned or unencrypted cookie whose content is believed: user ids, roles',
    'a signature that is not checked everywhere, or compared only in part',
    'a cookie that does not decode throws, and the error handler answers 500 until the user deletes it by hand (expressjs/session#591)',
    'an old signing key or algorithm that one instance still accepts (the “none” of JWT libraries)',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'cookie-session with keys or express-session with secret; catch what decoding throws, and treat it as no session',
    },
    {
      stack: 'every app',
      how: 'random ids of 128 bits that mean nothing, looked up in the store; anything else signed or sealed with a current key',
    },
    { stack: 'JWT', how: 'pin the algorithm and the key; verify on every instance' },
    {
      stack: 'Rails',
      how: 'encrypted cookies (the default); rescue nothing that hides ActiveSupport::MessageEncryptor::InvalidMessage',
    },
  ],
  standards: [
    'OWASP ASVS 5.0 7.2.1: session tokens are verified by a trusted service',
    'OWASP ASVS 5.0 7.2.2 and 7.2.3: tokens are made dynamically, with enough entropy',
  ],
};
