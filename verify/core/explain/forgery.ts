import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'forgery',
  definition:
    'A session cookie whose value was changed is never signed in, on any instance, and never breaks the app ' +
    '(a 500). A change is one of these: another character in the middle of a part, a cut value, an empty ' +
    'value, or parts of two cookies spliced together. The last character of a part is never changed, since ' +
    'both may decode to the same value, nor is the part by which a balancer routes. 429, 502, 503 and 504 say ' +
    'nothing about the cookie. FORGED: a changed cookie was signed in, or broke the app.',
  picture: `
  1  login                              ├──┤          sid=s:Rk3…a9.kP…    logged in
  2  read with forged cookie (flip)           ├──┤    sid=s:Rk3…b9.kP…    500`,
  causes: [
    'an app that trusts the content of an unsigned or unencrypted cookie, such as user ids or roles',
    'a signature that is not checked everywhere, or only in part',
    'an exception for a cookie that cannot be decoded: the app responds 500 until the user deletes the cookie by hand (expressjs/session#591)',
    'an old signing key or algorithm that one instance still accepts (the “none” of JWT libraries)',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'use cookie-session with keys, or express-session with a secret; catch exceptions of decoding, and treat them as no session',
    },
    {
      stack: 'every app',
      how: 'use random ids of 128 bits without meaning, and look them up in the store; sign or seal everything else with a current key',
    },
    { stack: 'JWT', how: 'pin the algorithm and the key; verify on every instance' },
    {
      stack: 'Rails',
      how: 'use encrypted cookies, the default; do not rescue ActiveSupport::MessageEncryptor::InvalidMessage',
    },
  ],
  standards: [
    'OWASP ASVS 5.0 7.2.1: session tokens are verified by a trusted service',
    'OWASP ASVS 5.0 7.2.2 and 7.2.3: tokens are generated dynamically, with enough entropy',
  ],
};
