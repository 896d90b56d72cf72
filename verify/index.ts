/** The library `baton-verify` (docs/library.md). It prints nothing and never exits the process. */

export type { Operation } from './core/history/history.ts';
export type { Guarantee } from './core/result/guarantees.ts';
export type { Result } from './core/result/result.ts';
export type { Anomaly, Judgement, Verdict, WitnessStep } from './core/result/verdict.ts';
export { EXIT, UnavailableError, UsageError } from './errors.ts';
export { judgeFile as check } from './judge-file.ts';
export type { VerifyOptions } from './plan.ts';
export { terminal as report } from './reports/terminal.ts';
export type { TerminalOptions as ReportOptions } from './reports/wrap.ts';
export { verify } from './run.ts';
export { type Account, loadTarget, parseTarget, type Target } from './target/load.ts';
