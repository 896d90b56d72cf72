/** All entries of the zoo. */
import { cardStoreOnFiveInstances } from './controls/card-store-on-five-instances.ts';
import { cardStoreOnTwoInstances } from './controls/card-store-on-two-instances.ts';
import { doubleCommitAfterResponse } from './defects/double-commit-after-response.ts';
import { formOrHandshakeTokenInProcess } from './defects/form-or-handshake-token-in-process.ts';
import { ipBoundSession } from './defects/ip-bound-session.ts';
import { logoutLocalToNode } from './defects/logout-local-to-node.ts';
import { memoryStorePerInstance } from './defects/memory-store-per-instance.ts';
import { noIdRotationAtLogin } from './defects/no-id-rotation-at-login.ts';
import { responseBeforeSave } from './defects/response-before-save.ts';
import { secretMismatchBetweenInstances } from './defects/secret-mismatch-between-instances.ts';
import { staleLocalSessionCache } from './defects/stale-local-session-cache.ts';
import { staleReplicaRead } from './defects/stale-replica-read.ts';
import { wholeSessionLastWriterWins } from './defects/whole-session-last-writer-wins.ts';
import type { Control, Defect, Entry } from './entry.ts';

/** By the guarantee under which the literature files them. */
export const DEFECTS: readonly Defect[] = [
  memoryStorePerInstance,
  secretMismatchBetweenInstances,
  formOrHandshakeTokenInProcess,
  ipBoundSession,
  responseBeforeSave,
  staleReplicaRead,
  staleLocalSessionCache,
  wholeSessionLastWriterWins,
  doubleCommitAfterResponse,
  logoutLocalToNode,
  noIdRotationAtLogin,
];

const CONTROLS: readonly Control[] = [cardStoreOnTwoInstances, cardStoreOnFiveInstances];

export const ENTRIES: readonly Entry[] = [...DEFECTS, ...CONTROLS];
