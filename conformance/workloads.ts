/** The workloads of a run. The comment of each one names the guarantees for which it gives evidence. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Course, SessionUnderTest } from './client.ts';

const USERS = ['alice', 'bob'];

/** How long a request holds its session so that others overlap it, milliseconds: longer than a store takes to reply. */
const WORK_MS = 25;

/**
 * Sends one request after the other, on changing hosts: continuity, isolation, read-your-writes, monotonic-reads.
 */
export async function hop(course: Course): Promise<void> {
  await Promise.all(
    [...USERS, ...USERS].map(async (user, i) => {
      const session = await signedIn(course, user, i);
      for (let step = 0; step < 24; step++) {
        // In pairs, so that each host follows itself and the other one: 0 1 1 0 0 1 1 0 …
        const host = course.hosts[((step + 1) >> 1) % 2 === 0 ? 0 : 1];
        if (step % 3 === 0) await session.add(host);
        else await session.read(host);
      }
      session.end();
    }),
  );
}

/** Sends adds and reads of one session at once: no-lost-updates, linearizability. */
export async function burst(course: Course): Promise<void> {
  const [one, two] = course.hosts;
  for (let round = 0; round < 6; round++) {
    const session = await signedIn(course, USERS[round % 2] ?? '', round);
    await session.read(two);
    await Promise.all([
      ...[one, two, one, two].map(host => session.add(host, WORK_MS)),
      ...[two, one].map(host => session.read(host)),
    ]);
    await session.read(one);
    await session.read(two);
    session.end();
  }
}

/**
 * Logs out while a request of the session runs on the other host, then replays the old cookie on both: logout-final.
 */
export async function logoutRace(course: Course): Promise<void> {
  for (let round = 0; round < 6; round++) {
    const [here, there] = round % 2 === 0 ? course.hosts : course.hosts.toReversed();
    if (here === undefined || there === undefined) throw new Error('expected two hosts');
    const session = await signedIn(course, USERS[round % 2] ?? '', round);
    await session.read(there);
    await session.read(here);
    let request = '';
    const slow = session.add(there, WORK_MS, sent => {
      request = sent;
    });
    await there.loaded(request);
    await session.logout(here);
    await slow;
    for (const host of [here, there]) await session.read(host, 'old');
    session.end();
  }
}

/** Leaves some sessions idle and reads others from time to time: expiry, and continuity of the latter. */
export async function rest(course: Course, idleMs: number): Promise<void> {
  const resting = course.hosts.flatMap(host =>
    [0.82, 1.13].map(async (share, i) => {
      const session = await signedIn(course, USERS[i] ?? '', i);
      await session.read(course.hosts[0]);
      await session.read(course.hosts[1]);
      await sleep(idleMs * share);
      await session.read(host);
      session.end();
    }),
  );
  const used = USERS.map(async (user, i) => {
    const session = await signedIn(course, user, i);
    for (const host of course.hosts) {
      await session.read(host);
      await sleep(idleMs * 0.6);
    }
    await session.read(course.hosts[0]);
    session.end();
  });
  await Promise.all([...resting, ...used]);
}

/** Returns a new session, signed in on the first host or, for odd numbers, on the second. */
async function signedIn(course: Course, user: string, number: number): Promise<SessionUnderTest> {
  const session = new SessionUnderTest(course, user);
  await session.login(course.hosts[number % 2 === 0 ? 0 : 1]);
  return session;
}
