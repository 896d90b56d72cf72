import { CHECKS } from '../core/checks/index.ts';
import { COMMAND } from '../core/command.ts';
import { GUARANTEES } from '../core/result/guarantees.ts';
import { EXIT, UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { EXPLANATIONS, guaranteeNamed } from '../reports/explain/index.ts';
import { explainText } from '../reports/explain.ts';
import { type Output, widthOf } from './output.ts';

export function explainCommand(name: string, output: Output): number {
  const guarantee = guaranteeNamed(name);
  const entry = EXPLANATIONS.find(explanation => explanation.guarantee === guarantee);
  const check = CHECKS.find(candidate => candidate.guarantee === guarantee);
  if (entry === undefined || check === undefined) {
    const known = EXPLANATIONS.flatMap(one => [one.guarantee, ...GUARANTEES[one.guarantee].anomalies]);
    if (name === '')
      throw new UsageError(
        `explain: expected a guarantee or an anomaly, as in: ${COMMAND} explain continuity\n` +
          `The guarantees: ${EXPLANATIONS.map(one => one.guarantee).join(', ')}`,
      );
    throw new UsageError(`explain: unknown guarantee or anomaly "${name}"${nearest(name, known)}`);
  }
  output.result.write(explainText(entry, check, widthOf(output)));
  return EXIT.valid;
}
