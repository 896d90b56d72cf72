import { test } from 'node:test';
import { storeConformance } from 'baton-verify/store-conformance';
import session from 'express-session';

// The store to test. Two instances in one process can share a MemoryStore. Any other store gets its own connection
// for each instance.
const store = new session.MemoryStore();

storeConformance(test, {
  name: 'MemoryStore',
  open: () => store,
  claims: ['continuity', 'isolation', 'monotonic-reads', 'expiry'],
});
