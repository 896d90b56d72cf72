/** Lists the commands and their options, for the parser, --help and docs/commands.md. */
import { stack, zoo } from './tables/bundled.ts';
import { check, compare, explain, open, report, runs } from './tables/records.ts';
import { doctor, gate, init, k6, verify } from './tables/targets.ts';

export const TABLES = {
  verify,
  init,
  check,
  compare,
  runs,
  report,
  open,
  zoo,
  stack,
  explain,
  doctor,
  k6,
  gate,
};
