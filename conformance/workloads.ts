/** Defines the workloads of a conformance run, each with the guarantees for which it gives evidence. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Course, SessionUnderTest } from './client.ts';

const USERS = ['alice', 'bob'];

/** Milliseconds between loading and saving a session: longer than a store's reply, so that requests overlap. */
const WORK_MS = 25;

/**
 * Sends requests in sequence to both app instances, for continuity, isolation, read-your-writes and monotonic-reads.
 */
export async function hop(course: Course): Promise<void> {
  await Promise.all(
    [...USERS, ...USERS].map(async (user, i) => {
      const session = await signedIn(course, user, i);
      for (let step = 0; step < 24; step++) {
        // In the order 0 1 1 0 0 1 1 0 …, an instance serves requests both after itself and after the other instance.
        const host = course.hosts[((step + 1) >> 1) % 2 === 0 ? 0 : 1];
        if (step % 3 === 0) await session.add(host);
        else await session.read(host);
      }
      session.end();
    }),
  );
}

/** Sends concurrent adds and reads of one session, for no-lost-updates and linearizability. */
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

/** Logs out during a request to the other instance, then replays the old cookie on both instances, for logout-final. */
export async function logoutRace(course: Course): Promise<void> {
  for (let round = 0; round < 6; round++) {
    const [here, there] = round % 2 === 0 ? course.hosts : course.hosts.toReversed();
    if (here === undefined || there === undefined) throw new Error('expected two hosts to send requests to');
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

/** Lets some sessions expire, for expiry, and keeps other sessions alive by occasional reads, for continuity. */
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

/** A session with an even `number` logs in on the first instance. */
async function signedIn(course: Course, user: string, number: number): Promise<SessionUnderTest> {
  const session = new SessionUnderTest(course, user);
  await session.login(course.hosts[number % 2 === 0 ? 0 : 1]);
  return session;
}
