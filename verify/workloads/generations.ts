/**
 * Workload generations: compares sessions from before the faults with sessions that begin afterwards. Both must get the
 * same responses.
 */
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave } from '../client/leave.ts';
import { writable } from '../client/probes.ts';
import { collection } from './growth.ts';
import { inTurn } from './workload.ts';

/** Number of sessions that begin before the faults; the same number begins afterwards. */
const EACH = 15;
const AT_ONCE = 5;

/**
 * Logs in the sessions before the faults. Returns a function that sends the requests after the faults. Does nothing if
 * the app limits sessions, because `hop` then uses all allowed sessions.
 */
export async function generations(context: Context): Promise<() => Promise<void>> {
  if (context.seats !== undefined) return async () => {};
  const { target } = context;
  const probe = collection(target) ?? writable(target);
  const older: Driver[] = [];
  await inTurn(context, EACH, AT_ONCE, async (own, n) => {
    const driver = Driver.of(own, n);
    if (await driver.enter()) {
      older.push(driver);
      await driver.read(probe);
    } else driver.end('refused');
  });
  const uses = async (driver: Driver): Promise<void> => {
    for (const page of [undefined, ...target.probes]) await driver.read(page);
    for (const page of target.pages) if (page !== target.signedIn.page) await driver.visit(page);
    if (probe === undefined) return;
    await driver.read(probe);
    await driver.write(probe);
  };
  return () =>
    inTurn(context, older.length, AT_ONCE, async (own, n) => {
      const old = older[n] as Driver;
      if (probe !== undefined && !own.signal.aborted) await old.write(probe);
      const fresh = Driver.of(own, EACH + n);
      const entered = !own.signal.aborted && (await fresh.enter());
      for (const driver of entered ? [old, fresh] : [old]) {
        if (!own.signal.aborted) await uses(driver);
        await leave(own, driver);
      }
      if (!entered) fresh.end('refused');
    });
}
