/** All entries of the zoo. */
import { cardStoreOnFiveInstances } from './controls/card-store-on-five-instances.ts';
import { cardStoreOnTwoInstances } from './controls/card-store-on-two-instances.ts';
import { cardStoreWithShortTimeouts } from './controls/card-store-with-short-timeouts.ts';
import { chunkedCookieGuestLogin } from './controls/chunked-cookie-guest-login.ts';
import { cookieBeyondTheBalancer } from './controls/cookie-beyond-the-balancer.ts';
import { dataFromElsewhere } from './controls/data-from-elsewhere.ts';
import { deploysUnderLoad } from './controls/deploys-under-load.ts';
import { instancesThatFail } from './controls/instances-that-fail.ts';
import { lateWrites } from './controls/late-writes.ts';
import { limitedRequests } from './controls/limited-requests.ts';
import { managedRedis } from './controls/managed-redis.ts';
import { plainBehindACache } from './controls/plain-behind-a-cache.ts';
import { plainDoneRight } from './controls/plain-done-right.ts';
import { postgresPerUser } from './controls/postgres-per-user.ts';
import { redisLocked } from './controls/redis-locked.ts';
import { signedCookie } from './controls/signed-cookie.ts';
import { stickyMemory } from './controls/sticky-memory.ts';
import { stickyOverSharedSessions } from './controls/sticky-over-shared-sessions.ts';
import { storeThatFails } from './controls/store-that-fails.ts';
import { unequalHosts } from './controls/unequal-hosts.ts';
import { warmsUpSlowly } from './controls/warms-up-slowly.ts';
import { affinityHidesLocalSessions } from './defects/affinity-hides-local-sessions.ts';
import { affinityLeftOn } from './defects/affinity-left-on.ts';
import { affinityPinsToDeadTarget } from './defects/affinity-pins-to-dead-target.ts';
import { charsetDiffersBetweenInstances } from './defects/charset-differs-between-instances.ts';
import { clearCookieAttributesMismatch } from './defects/clear-cookie-attributes-mismatch.ts';
import { connectionOrPoolExhaustion } from './defects/connection-or-pool-exhaustion.ts';
import { cookieLifetimeDiffers } from './defects/cookie-lifetime-differs.ts';
import { cookieNotRolled } from './defects/cookie-not-rolled.ts';
import { cookieStoredSessionRace } from './defects/cookie-stored-session-race.ts';
import { doubleCommitAfterResponse } from './defects/double-commit-after-response.ts';
import { duplicateOrClobberedCookies } from './defects/duplicate-or-clobbered-cookies.ts';
import { evictionLogsUsersOut } from './defects/eviction-logs-users-out.ts';
import { failoverDropsAcknowledgedWrite } from './defects/failover-drops-acknowledged-write.ts';
import { formOrHandshakeTokenInProcess } from './defects/form-or-handshake-token-in-process.ts';
import { incompatibleSerializationInRollingDeploy } from './defects/incompatible-serialization-in-rolling-deploy.ts';
import { insertRace500 } from './defects/insert-race-500.ts';
import { instanceIdInImage } from './defects/instance-id-in-image.ts';
import { ipBoundSession } from './defects/ip-bound-session.ts';
import { keyPrefixCollision } from './defects/key-prefix-collision.ts';
import { lbRetryReplaysWrite } from './defects/lb-retry-replays-write.ts';
import { lockPerThingSavesWholeSession } from './defects/lock-per-thing-saves-whole-session.ts';
import { lockTimeoutThenUnlockedWrite } from './defects/lock-timeout-then-unlocked-write.ts';
import { logoutAcknowledgedWhileStoreFails } from './defects/logout-acknowledged-while-store-fails.ts';
import { logoutIsClientSideOnly } from './defects/logout-is-client-side-only.ts';
import { logoutKeepsSessionData } from './defects/logout-keeps-session-data.ts';
import { logoutLocalToNode } from './defects/logout-local-to-node.ts';
import { logoutResurrectedByInflightSave } from './defects/logout-resurrected-by-inflight-save.ts';
import { memoryStorePerInstance } from './defects/memory-store-per-instance.ts';
import { neverRecoversAfterReconnect } from './defects/never-recovers-after-reconnect.ts';
import { noAbsoluteTimeout } from './defects/no-absolute-timeout.ts';
import { noDrainOnSigterm } from './defects/no-drain-on-sigterm.ts';
import { noIdRotationAtLogin } from './defects/no-id-rotation-at-login.ts';
import { noTouchFixedTtl } from './defects/no-touch-fixed-ttl.ts';
import { otherDeviceReadsReplica } from './defects/other-device-reads-replica.ts';
import { pagesMarkedPublic } from './defects/pages-marked-public.ts';
import { parallelFirstRequestsSplitSession } from './defects/parallel-first-requests-split-session.ts';
import { predictableSessionIds } from './defects/predictable-session-ids.ts';
import { readonlyAfterFailover } from './defects/readonly-after-failover.ts';
import { replyOfAnAbandonedRequest } from './defects/reply-of-an-abandoned-request.ts';
import { resaveRewritesUnmodifiedSession } from './defects/resave-rewrites-unmodified-session.ts';
import { responseBeforeSave } from './defects/response-before-save.ts';
import { restartLosesSessions } from './defects/restart-loses-sessions.ts';
import { revokeAllMissesSessions } from './defects/revoke-all-misses-sessions.ts';
import { saveErrorSwallowed } from './defects/save-error-swallowed.ts';
import { secretMismatchBetweenInstances } from './defects/secret-mismatch-between-instances.ts';
import { secretRotationWithoutOverlap } from './defects/secret-rotation-without-overlap.ts';
import { secureCookieDroppedBehindTlsProxy } from './defects/secure-cookie-dropped-behind-tls-proxy.ts';
import { serverSessionOutlivesCookie } from './defects/server-session-outlives-cookie.ts';
import { sessionCookieTooLarge } from './defects/session-cookie-too-large.ts';
import { sessionLockPileup } from './defects/session-lock-pileup.ts';
import { sessionMissingWhileDisconnected } from './defects/session-missing-while-disconnected.ts';
import { sessionPerHealthCheck } from './defects/session-per-health-check.ts';
import { setCookieCachedByProxy } from './defects/set-cookie-cached-by-proxy.ts';
import { shardRemapOnNodeChange } from './defects/shard-remap-on-node-change.ts';
import { staleLocalSessionCache } from './defects/stale-local-session-cache.ts';
import { staleReplicaRead } from './defects/stale-replica-read.ts';
import { stickyByConnection } from './defects/sticky-by-connection.ts';
import { storeConfigCommandBlocked } from './defects/store-config-command-blocked.ts';
import { storeOutageHangsRequests } from './defects/store-outage-hangs-requests.ts';
import { storeOutageLogsUsersOut } from './defects/store-outage-logs-users-out.ts';
import { tokenDecodedNotVerified } from './defects/token-decoded-not-verified.ts';
import { ttlUnitOrOverflow } from './defects/ttl-unit-or-overflow.ts';
import { wholeSessionLastWriterWins } from './defects/whole-session-last-writer-wins.ts';
import type { Control, Defect, Entry } from './entry.ts';

/** Broken systems, ordered by the guarantee that the literature assigns them to. */
export const DEFECTS: readonly Defect[] = [
  memoryStorePerInstance,
  secretMismatchBetweenInstances,
  formOrHandshakeTokenInProcess,
  ipBoundSession,
  responseBeforeSave,
  staleReplicaRead,
  staleLocalSessionCache,
  wholeSessionLastWriterWins,
  resaveRewritesUnmodifiedSession,
  cookieStoredSessionRace,
  doubleCommitAfterResponse,
  parallelFirstRequestsSplitSession,
  lockPerThingSavesWholeSession,
  lockTimeoutThenUnlockedWrite,
  insertRace500,
  lbRetryReplaysWrite,
  logoutResurrectedByInflightSave,
  logoutLocalToNode,
  logoutIsClientSideOnly,
  clearCookieAttributesMismatch,
  revokeAllMissesSessions,
  setCookieCachedByProxy,
  keyPrefixCollision,
  noIdRotationAtLogin,
  secureCookieDroppedBehindTlsProxy,
  duplicateOrClobberedCookies,
  sessionCookieTooLarge,
  noTouchFixedTtl,
  cookieNotRolled,
  serverSessionOutlivesCookie,
  ttlUnitOrOverflow,
  noAbsoluteTimeout,
  affinityLeftOn,
  cookieLifetimeDiffers,
  instanceIdInImage,
  logoutKeepsSessionData,
  otherDeviceReadsReplica,
  pagesMarkedPublic,
  predictableSessionIds,
  replyOfAnAbandonedRequest,
  sessionPerHealthCheck,
  stickyByConnection,
  tokenDecodedNotVerified,
  restartLosesSessions,
  evictionLogsUsersOut,
  failoverDropsAcknowledgedWrite,
  storeOutageLogsUsersOut,
  storeOutageHangsRequests,
  sessionMissingWhileDisconnected,
  neverRecoversAfterReconnect,
  noDrainOnSigterm,
  secretRotationWithoutOverlap,
  incompatibleSerializationInRollingDeploy,
  affinityHidesLocalSessions,
  shardRemapOnNodeChange,
  saveErrorSwallowed,
  affinityPinsToDeadTarget,
  logoutAcknowledgedWhileStoreFails,
  readonlyAfterFailover,
  storeConfigCommandBlocked,
  connectionOrPoolExhaustion,
  sessionLockPileup,
  charsetDiffersBetweenInstances,
];

/** Healthy systems. Some of them look like broken systems. */
export const CONTROLS: readonly Control[] = [
  cardStoreOnTwoInstances,
  cardStoreOnFiveInstances,
  postgresPerUser,
  cardStoreWithShortTimeouts,
  signedCookie,
  plainDoneRight,
  plainBehindACache,
  stickyMemory,
  redisLocked,
  cookieBeyondTheBalancer,
  dataFromElsewhere,
  deploysUnderLoad,
  instancesThatFail,
  storeThatFails,
  unequalHosts,
  warmsUpSlowly,
  stickyOverSharedSessions,
  lateWrites,
  limitedRequests,
  managedRedis,
  chunkedCookieGuestLogin,
];

export const ENTRIES: readonly Entry[] = [...DEFECTS, ...CONTROLS];
