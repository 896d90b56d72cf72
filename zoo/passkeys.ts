export const byPasskey = {
  mail: undefined,
  register: {
    steps: [{ path: '/app/passkey/register/options', json: { email: '{user}' }, passkey: 'create' }],
    path: '/app/passkey/register',
    json: '{passkey}',
  },
  login: {
    page: '/app/login',
    steps: [{ path: '/app/passkey/login/options', json: {}, passkey: 'get' }],
    path: '/app/passkey/login',
    json: '{passkey}',
  },
};
