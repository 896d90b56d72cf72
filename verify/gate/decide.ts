/** Decides whether a new version (the canary) may get more traffic. */
import { counted, grouped } from '../core/result/format.ts';
import type { Judgement } from '../core/result/verdict.ts';
import { type Cohorts, type Crossing, type Forms, RECENT } from './cohorts.ts';

/** The canary must have served this number of sessions of the stable version, or all of them if there are fewer. */
const ENOUGH_SESSIONS = 10;
/** The canary must have accepted this number of forms from the stable version. */
const ENOUGH_FORMS = 3;
const REFUSED = 3;

export interface CanaryVerdict {
  readonly verdict: Judgement;
  /** A sentence that names the violation, or the missing evidence. */
  readonly why: string;
  readonly stable: string | undefined;
  readonly canary: string | undefined;
}

export interface CanaryEvidence {
  /** The current time on the run's clock, microseconds. */
  readonly now: number;
  /** Maximum age of evidence, microseconds. */
  readonly window: number;
  /** True if the target declares form tokens and a write. Each version must then accept forms of all versions. */
  readonly forms: boolean;
  readonly violations: readonly string[];
}

/** Returns the verdict on the new version. A single violation makes it `violated`; `valid` needs recent evidence. */
export function decide(cohorts: Cohorts, { now, window, forms, violations }: CanaryEvidence): CanaryVerdict {
  const { stable, canary } = cohorts;
  const decided = (verdict: Judgement, why: string): CanaryVerdict => ({ verdict, why, stable, canary });
  const broken = refusing(cohorts.forms()) ?? violations[0];
  const lost = cohorts.crossings().find(crossing => crossing.lost > 0);
  if (lost !== undefined) return decided('violated', crossingLine(lost));
  if (broken !== undefined) return decided('violated', broken);
  if (stable === undefined) return decided('unknown', 'no session was created yet');
  if (canary === undefined) return decided('unknown', `only version ${stable} has responded so far`);
  const missing =
    lacking(cohorts, stable, canary, now - window) ?? (forms ? unsent(cohorts, stable, canary) : undefined);
  return missing === undefined
    ? decided('valid', `${canary} honours the sessions of ${stable}`)
    : decided('unknown', missing);
}

function lacking(cohorts: Cohorts, stable: string, canary: string, from: number): string | undefined {
  const all = cohorts.crossings().filter(({ created }) => created === stable);
  const found = all.find(({ served }) => served === canary);
  const there = Math.max(...all.map(({ sessions }) => sessions));
  const needed = Math.min(ENOUGH_SESSIONS, there);
  if ((found?.sessions ?? 0) < needed)
    return `${canary} has served ${counted(found?.sessions ?? 0, 'session')} of ${stable}, ${needed} are needed`;
  if (found?.since === undefined || found.since < from)
    return `${canary} has served fewer than ${RECENT} requests of the sessions of ${stable} within the window`;
  return undefined;
}

function unsent(cohorts: Cohorts, stable: string, canary: string): string | undefined {
  const found = cohorts.forms().find(({ page, served }) => page === stable && served === canary);
  if ((found?.accepted ?? 0) >= ENOUGH_FORMS) return undefined;
  return `${canary} has accepted ${counted(found?.accepted ?? 0, 'form')} of ${stable}, ${ENOUGH_FORMS} are needed`;
}

/** Returns a sentence if a version refuses forms of a different version but accepts its own forms. */
function refusing(forms: readonly Forms[]): string | undefined {
  const own = (version: string) => forms.find(({ page, served }) => page === version && served === version);
  const found = forms.find(({ page, served, accepted, refused }) => {
    if (page === served || refused < REFUSED || refused <= accepted) return false;
    const { accepted: taken = 0, refused: returned = 0 } = own(page) ?? {};
    return taken > returned;
  });
  return found && formsLine(found);
}

const crossingLine = ({ created, served, sessions, lost }: Crossing): string =>
  `sessions created on ${created}, served by ${served}: ${grouped(lost)} of ${grouped(sessions)} lost`;

const formsLine = ({ page, served, accepted, refused }: Forms): string =>
  `forms of ${page}, sent to ${served}: ${grouped(refused)} of ${grouped(accepted + refused)} refused`;

export const linesOf = (cohorts: Cohorts): string[] => [
  ...cohorts.crossings().map(crossingLine),
  ...cohorts.forms().map(formsLine),
];
