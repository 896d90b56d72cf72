/** What all scripts have in common: options, setup, iterations that count their errors, summary. */
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { ERRORS, thresholdsOf } from './figures.ts';
import type { SummaryData } from './k6-summary.ts';
import { add, addNothing } from './metrics.ts';
import { type Part, partAt, thresholdsOfParts } from './parts.ts';
import { firstLines, lastLines, makeRun, type Shared, writeLine } from './run.ts';
import { loadLimits, loadOf } from './scenarios.ts';
import { type Defaults, type Settings, settingsOf } from './settings.ts';
import { summariesOf } from './summary.ts';
import { VirtualUser } from './virtual-user.ts';

type Thresholds = NonNullable<Options['thresholds']>;

/** What makes a script what it is. */
export interface Plan<State> {
  /** Of its file. */
  name: string;
  defaults?: Defaults;
  /** How k6 spreads the iterations; absent: USERS that go on, or RATE iterations a second. */
  load?(settings: Settings): Options;
  /** Stretches of the run that are told apart in metrics. */
  parts?(settings: Settings): readonly Part[];
  /** Whether the first violation ends the run. */
  abortOnViolation?: boolean;
  /** More thresholds than those of the guarantees. */
  thresholds?(settings: Settings): Thresholds;
  /** Called once for each virtual user, before its first iteration. */
  begin(vu: VirtualUser): State;
  /** Logs in, before the load that is measured; for an arrival rate. */
  warmUp?(state: State): void;
  iterate(state: State): void;
  /** More lines for the summary. */
  tell?(data: SummaryData, settings: Settings): string[];
}

export interface Script {
  options: Options;
  setup(): Shared;
  iteration(shared: Shared): void;
  warmUp(shared: Shared): void;
  teardown(shared: Shared): void;
  handleSummary(data: SummaryData): Record<string, string>;
}

/** @throws Error when a variable of the environment is wrong */
export function script<State>(plan: Plan<State>): Script {
  const settings = settingsOf(__ENV, plan.name, plan.defaults);
  const parts = plan.parts?.(settings) ?? [];
  // Each virtual user has a copy of this module, so these are its own.
  let state: State | undefined;
  let part = '';
  const started = (shared: Shared): State => plan.begin(new VirtualUser(shared, settings, exec.vu.idInTest));
  let phase = '';
  const enterPhase = (next: 'login' | 'load'): void => {
    if (next !== phase) exec.vu.metrics.tags['phase'] = next;
    phase = next;
  };
  const enterPart = (): void => {
    const now = partAt(parts, (Date.now() - exec.scenario.startTime) / 1000) ?? '';
    if (now !== part) exec.vu.metrics.tags['part'] = now;
    part = now;
  };
  const guarded = (shared: Shared, act: (state: State) => void): void => {
    try {
      state ??= started(shared);
      act(state);
    } catch (error) {
      add(ERRORS, 1);
      throw error;
    }
  };
  const iterate = (mine: State): void => {
    enterPhase('load');
    if (parts.length > 0) enterPart();
    plan.iterate(mine);
  };
  return {
    options: optionsOf(plan, settings, parts),
    setup() {
      const shared = makeRun(settings);
      addNothing();
      if (settings.history) firstLines(shared, settings).forEach(writeLine);
      return shared;
    },
    warmUp(shared) {
      enterPhase('login');
      guarded(shared, mine => plan.warmUp?.(mine));
    },
    iteration: shared => guarded(shared, iterate),
    teardown(shared) {
      if (settings.history) lastLines(shared, settings).forEach(writeLine);
    },
    handleSummary: data => summariesOf(data, settings, plan.tell?.(data, settings) ?? []),
  };
}

function optionsOf<State>(plan: Plan<State>, settings: Settings, parts: readonly Part[]): Options {
  const guarantees = thresholdsOf(settings.judged, settings.instances);
  const load = plan.load?.(settings) ?? loadOf(settings);
  return {
    ...load,
    thresholds: {
      ...(plan.abortOnViolation ? aborting(guarantees) : guarantees),
      ...thresholdsOfParts(parts),
      ...loadLimits(settings, load),
      ...plan.thresholds?.(settings),
    },
  };
}

/** What must never be counted ends the run as soon as it is; what must be counted may still come. */
const aborting = (thresholds: Readonly<Record<string, string[]>>): Thresholds =>
  Object.fromEntries(
    Object.entries(thresholds).map(([metric, conditions]) => [
      metric,
      conditions.map(threshold => ({ threshold, abortOnFail: threshold === 'count==0' })),
    ]),
  );
