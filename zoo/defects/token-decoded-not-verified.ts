import type { Defect } from '../entry.ts';

export const tokenDecodedNotVerified: Defect = {
  kind: 'defect',
  name: 'token-decoded-not-verified',
  section: 'forgery',
  broken:
    'The session is a signed token in a cookie, and the server reads it without checking the signature: whoever changes the token is believed.',
  wild: 'Libraries for tokens have `decode` beside `verify`, and it works in every test that uses a good token.',
  references: [
    'voluntarily/vly2 PR#616',
    'bluewave-labs/Checkmate#269',
    'RealDevSquad/website-backend#625',
    'hokaccha/node-jwt-simple#106',
  ],
  remedy: 'Verify before you read, with the algorithm that you chose and not the one that the token names.',
  needs: [],
  deployment: {
    host: 'plain',
    program: new URL('./token-decoded-not-verified.server.ts', import.meta.url),
  },
  must: { guarantee: 'forgery', anomaly: 'FORGED' },
  mustNot: ['continuity', 'routing', 'rotation', 'private-responses', 'availability', 'evidence'],
};
