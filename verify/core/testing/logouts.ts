/** Builds histories with logouts during which another request of the session is in flight. */
import type { Picture, SessionPicture } from './picture.ts';

/** Adds a session that both instances serve. Its logout on app-1 overlaps a write on app-2. */
export function raced(p: Picture, name: string, user = 'alice'): SessionPicture {
  const session = p.session(name, user).login('app-1').read('app-2').read('app-1');
  const call = p.now;
  session.write('slow', 'app-2', { call: call - 10, return: call + 700 });
  return session.logout('app-1', { call, return: call + 100 }).asks('app-2');
}

/** Adds sessions that log out while a request is in flight. Afterwards, both instances refuse the old cookies. */
export const healthy = (p: Picture, sessions = 6) => {
  for (let i = 1; i <= sessions; i++) {
    raced(p, `s${i}`).refuses('old', 'app-1').refuses('old', 'app-2').ended();
  }
};
