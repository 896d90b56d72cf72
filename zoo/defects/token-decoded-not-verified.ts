import type { Defect } from '../entry.ts';

export const tokenDecodedNotVerified: Defect = {
  kind: 'defect',
  name: 'token-decoded-not-verified',
  section: 'forgery',
  broken:
    'The session is a signed token in a cookie, and the server does not check the signature. It accepts any changed token.',
  wild: 'Libraries for tokens have `decode` beside `verify`, and `decode` passes every test that uses a valid token.',
  references: [
    'voluntarily/vly2 PR#616',
    'bluewave-labs/Checkmate#269',
    'RealDevSquad/website-backend#625',
    'hokaccha/node-jwt-simple#106',
  ],
  remedy:
    'Verify the token before you read it, with the algorithm that you chose, not the one that the token names.',
  needs: [],
  deployment: {
    host: 'plain',
    program: new URL('./token-decoded-not-verified.server.ts', import.meta.url),
  },
  must: { guarantee: 'forgery', anomaly: 'FORGED' },
  mustNot: ['continuity', 'routing', 'rotation', 'private-responses', 'availability', 'evidence'],
};
