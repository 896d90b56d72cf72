/** The schema of `faults` in a target file (docs/faults.md). */
import { z } from 'zod';
import { name, time } from './schema-parts.ts';

const command = z.union(
  [
    z.string().min(1, 'expected a command, got an empty text'),
    z.array(z.string()).min(1, 'expected a program and its arguments, got an empty list'),
  ],
  {
    error: 'expected a command: a text for the shell, or a list of a program and its arguments, each a text',
  },
);

/** Returns the schema of the key `do`. By default, the key has all actions of the kind of fault. */
const actions = <const T extends readonly [string, ...string[]]>(all: T) =>
  z
    .array(z.enum(all))
    .min(1)
    .default([...all]);

const compose = z.strictObject({
  service: name,
  file: name
    .optional()
    .describe(
      'The compose file, relative to the target file; by default the file that `docker compose` finds there.',
    ),
  project: name.optional(),
  do: actions(['restart', 'kill', 'stop', 'pause']),
});

const processes = z.strictObject({
  pidFiles: z
    .array(name)
    .min(1)
    .describe(
      'Files with one process id each, relative to the target file. The seed decides which process gets the fault.',
    ),
  start: command
    .optional()
    .describe(
      'Restarts the process; {pidFile} stands for its pid file. Not needed if a supervisor restarts the process.',
    ),
  do: actions(['kill', 'stop', 'pause']),
});

const kubernetes = z.strictObject({
  deployment: name,
  namespace: name.optional(),
  context: name.optional(),
  // Baton drains a node only if `do` names `drain`, because this action needs the permission to change nodes.
  do: z
    .array(z.enum(['rollout-restart', 'delete-pod', 'evict-pod', 'scale-out', 'scale-in', 'drain']))
    .min(1)
    .default(['rollout-restart', 'delete-pod', 'evict-pod', 'scale-out', 'scale-in'])
    .describe('`drain` runs only if it is named here: it cordons a node.'),
});

const account = {
  region: name.optional().describe('AWS region; by default that of the AWS CLI.'),
  profile: name.optional().describe('Profile of the AWS CLI; by default its default profile.'),
};

const autoScaling = z.strictObject({
  group: name.describe('The name of an Auto Scaling group.'),
  ...account,
  do: actions(['terminate-instance', 'instance-refresh', 'scale-out', 'scale-in']),
});

const elastiCache = z.strictObject({
  replicationGroup: name.describe(
    'The id of a replication group with a replica. Cluster mode must be disabled.',
  ),
  ...account,
  do: actions(['test-failover']),
});

const KINDS = ['inject', 'compose', 'processes', 'kubernetes', 'autoScaling', 'elastiCache'] as const;

const fault = z
  .strictObject({
    inject: command.optional(),
    heal: command
      .optional()
      .describe('Undoes `inject`. It runs in every case, even when Baton is interrupted or killed.'),
    check: command.optional().describe('A command that exits with 0 as soon as the fault has taken effect.'),
    compose: compose.optional(),
    processes: processes.optional(),
    kubernetes: kubernetes.optional(),
    autoScaling: autoScaling.optional(),
    elastiCache: elastiCache.optional(),
    part: z.enum(['instance', 'balancer', 'store']).default('instance'),
    down: z.boolean().default(false).describe('True: the store responds to no request during the fault.'),
    loses: z
      .boolean()
      .default(false)
      .describe(
        'True: the fault loses data that the target does not promise to keep. It runs only if `--faults` names it.',
      ),
    deploy: z
      .boolean()
      .optional()
      .describe(
        'True: the fault is part of a deploy, so `--faults deploy` runs it. Ready-made faults have their own default.',
      ),
    lasts: time.optional().describe('Time between the injection and the heal.'),
    within: time.default(60_000).describe('Timeout of each command.'),
    instances: z
      .int()
      .min(1)
      .optional()
      .describe('Number of instances after the fault, if the fault changes it.'),
  })
  .superRefine((value, context) => {
    const kinds = KINDS.filter(kind => value[kind] !== undefined);
    const [kind, second] = kinds;
    if (kind === undefined) {
      context.addIssue(`expected one of \`${KINDS.join('`, `')}\`, got none`);
    } else if (second !== undefined) {
      context.addIssue({
        code: 'custom',
        path: [kind],
        message: `expected one of \`${KINDS.join('`, `')}\`, got \`${second}\` too: write two faults`,
      });
    } else if (kind !== 'inject') {
      for (const key of ['heal', 'check'] as const) {
        if (value[key] === undefined) continue;
        const message = `expected \`inject\` in the same fault, got \`${kind}\`, which sets \`${key}\` itself: remove this key`;
        context.addIssue({ code: 'custom', path: [key], message });
      }
    }
  });

/** Names that a fault must not have, because they have another meaning in `--faults`. */
const TAKEN = ['all', 'deploy'];

export const faults = z.record(
  z
    .string()
    .regex(/^[a-z][\w-]*$/i, 'expected a name of letters, digits, _ and - that begins with a letter')
    .refine(one => !TAKEN.includes(one), {
      error: `expected a name other than ${TAKEN.join(' and ')}, because --faults gives these another meaning`,
    }),
  fault,
);

export type FaultSpec = z.infer<typeof fault>;
/** A command: a text for the shell, or a list of a program and its arguments. */
export type Command = string | readonly string[];
export type ComposeSpec = z.infer<typeof compose>;
export type ProcessesSpec = z.infer<typeof processes>;
export type KubernetesSpec = z.infer<typeof kubernetes>;
export type AutoScalingSpec = z.infer<typeof autoScaling>;
export type ElastiCacheSpec = z.infer<typeof elastiCache>;
