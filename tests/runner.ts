/** Runs the shell steps of a composite GitHub action, with the files and variables of GitHub's runner. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Step {
  id?: string;
  name?: string;
  if?: string;
  uses?: string;
  shell?: string;
  run?: string;
  env?: Record<string, string>;
}

interface Action {
  inputs: Record<string, { default?: string }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: Step[] };
}

export interface Job {
  outputs: Record<string, string>;
  /** The Markdown that all steps wrote to $GITHUB_STEP_SUMMARY. */
  summary: string;
  log: string;
  failed: boolean;
  ran: string[];
}

interface Setting {
  folder: string;
  workspace: string;
  inputs: Record<string, string>;
  environment: Record<string, string>;
  /** The GitHub event that triggered the workflow, as JSON. */
  event: object;
}

/** Key: id of a step; value: its outputs by name. */
type Steps = Record<string, Record<string, string>>;

const load = ({ folder }: Setting): Action => parse(readFileSync(join(folder, 'action.yml'), 'utf8'));

/** Runs all steps except steps that use another action. */
export async function runAction(setting: Setting): Promise<Job> {
  const action = load(setting);
  const steps: Steps = {};
  const job: Job = { outputs: {}, summary: '', log: '', failed: false, ran: [] };
  for (const step of action.runs.steps) {
    if (step.run === undefined || (job.failed && step.if !== 'always()')) continue;
    const { code, log, summary, outputs } = await perform(step, setting, steps);
    job.log += log;
    job.summary += summary;
    if (step.id !== undefined) steps[step.id] = outputs;
    job.ran.push(step.name ?? step.run);
    if (code !== 0) job.failed = true;
  }
  for (const [name, output] of Object.entries(action.outputs)) {
    job.outputs[name] = filled(output.value, setting, steps);
  }
  return job;
}

/** Runs the step with this name. Returns its output. */
export async function runStep(name: string, setting: Setting): Promise<string> {
  const step = load(setting).runs.steps.find(one => one.name === name);
  if (step === undefined) throw new Error(`action.yml: expected a step with the name ${name}`);
  const { code, log } = await perform(step, setting, {});
  if (code !== 0) throw new Error(log);
  return log;
}

/** Replaces the expressions `${{ … }}` in a text by their values. */
const filled = (text: string, setting: Setting, steps: Steps): string =>
  text.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
    const [scope, name = '', , output = ''] = expression.split('.');
    if (scope === 'inputs') {
      return setting.inputs[name] ?? filled(load(setting).inputs[name]?.default ?? '', setting, steps);
    }
    if (scope === 'steps') return steps[name]?.[output] ?? '';
    if (expression === 'github.token') return 'token-of-the-job';
    throw new Error(`expected inputs, steps or github.token, got ${expression}`);
  });

async function perform(step: Step, setting: Setting, steps: Steps) {
  const { folder, workspace, environment, event } = setting;
  const files = mkdtempSync(join(workspace, 'runner-'));
  const file = (name: string, text = ''): string => {
    writeFileSync(join(files, name), text);
    return join(files, name);
  };
  const [output, summary] = [file('output'), file('summary')];
  const own = Object.entries(step.env ?? {}).map(([name, text]) => [name, filled(text, setting, steps)]);
  const ended = await bash(filled(step.run ?? '', setting, steps), workspace, {
    ...environment,
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION_PATH: folder,
    GITHUB_EVENT_PATH: file('event.json', JSON.stringify(event)),
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
    ...Object.fromEntries(own),
  });
  return {
    ...ended,
    outputs: outputsIn(readFileSync(output, 'utf8')),
    summary: readFileSync(summary, 'utf8'),
  };
}

const outputsIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter(line => line !== '')
      .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** Runs a script with the bash flags of GitHub's `shell: bash`. */
function bash(
  script: string,
  cwd: string,
  env: Record<string, string>,
): Promise<{ code: number | null; log: string }> {
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (log += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => resolve({ code, log }));
  });
}
