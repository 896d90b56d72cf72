import { test } from 'node:test';
import { storeConformance } from 'baton-verify/store-conformance';
import session from 'express-session';

// Your store. Two instances in one process may share a MemoryStore. With other stores, each opens its own connection.
const store = new session.MemoryStore();

storeConformance(test, {
  name: 'MemoryStore',
  open: () => store,
  claims: ['continuity', 'isolation', 'monotonic-reads', 'expiry'],
});
