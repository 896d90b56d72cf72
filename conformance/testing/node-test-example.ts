import { test } from 'node:test';
import { storeConformance } from 'baton-verify/store-conformance';
import session from 'express-session';

// Your store here. Two instances in one process may share this one; others get a connection each.
const store = new session.MemoryStore();

storeConformance(test, {
  name: 'MemoryStore',
  open: () => store,
  claims: ['continuity', 'isolation', 'monotonic-reads', 'expiry'],
});
