import type { Defect } from '../entry.ts';

export const saveErrorSwallowed: Defect = {
  kind: 'defect',
  name: 'save-error-swallowed',
  section: 'read-your-writes',
  broken:
    'When the store does not take a session, that is logged, and the user is told that all went well. What was put into the basket is not there at the next look.',
  wild: 'Session layers that save behind the response, and drop the error for want of somebody to tell.',
  references: [
    'dotnet/AspNetCore.Docs PR#4870',
    'cuttle-cards/cuttle PR#1365',
    'sourcegraph/sourcegraph-public-snapshot#296',
    'OrchardCMS/OrchardCore#13235',
  ],
  remedy: 'Save before the answer, and answer 503 when the store refuses.',
  needs: ['fault'],
  faults: 'store-full',
  deployment: { host: 'card-store', program: new URL('./save-error-swallowed.server.ts', import.meta.url) },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
