/** `faults` of a target file: what can be disturbed in a system of somebody's own, and how (docs/faults.md). */
import { z } from 'zod';
import { name, time } from './schema-parts.ts';

/** A text for /bin/sh, or a program and its arguments. */
const command = z.union(
  [
    z.string().min(1, 'expected a command, got an empty text'),
    z.array(z.string()).min(1, 'expected a program and its arguments, got an empty list'),
  ],
  {
    error: 'expected a command: a text for the shell, or a list of a program and its arguments, each a text',
  },
);

/** Which of them are ready-made for it; all when absent. */
const actions = <const T extends readonly [string, ...string[]]>(all: T) =>
  z
    .array(z.enum(all))
    .min(1)
    .default([...all]);

const compose = z.strictObject({
  service: name,
  /** Relative to the target file; what `docker compose` finds there when absent. */
  file: name.optional(),
  project: name.optional(),
  do: actions(['restart', 'kill', 'stop', 'pause']),
});

const processes = z.strictObject({
  /** Each holds the number of one process; relative to the target file. One of them is drawn. */
  pidFiles: z.array(name).min(1),
  /** Starts the process again; {pidFile} stands for its file. Absent where something else does. */
  start: command.optional(),
  do: actions(['kill', 'stop', 'pause']),
});

const kubernetes = z.strictObject({
  deployment: name,
  namespace: name.optional(),
  context: name.optional(),
  do: actions(['rollout-restart', 'delete-pod', 'scale-out', 'scale-in']),
});

const KINDS = ['inject', 'compose', 'processes', 'kubernetes'] as const;

const fault = z
  .strictObject({
    inject: command.optional(),
    /** Ends what `inject` did: on every path, also when Baton is interrupted or killed. */
    heal: command.optional(),
    /** Succeeds once the fault is seen to have taken effect. */
    check: command.optional(),
    compose: compose.optional(),
    processes: processes.optional(),
    kubernetes: kubernetes.optional(),
    part: z.enum(['instance', 'balancer', 'store']).default('instance'),
    /** The store answers nobody while it lasts. */
    down: z.boolean().default(false),
    /** Takes away what the target does not promise to keep: only by name. */
    loses: z.boolean().default(false),
    /** What a deploy does: `--faults deploy` makes it. Those that are ready-made know it themselves. */
    deploy: z.boolean().optional(),
    /** How long it lasts once it was injected, before it is healed. */
    lasts: time.optional(),
    /** Within which each command ends. */
    within: time.default(60_000),
    /** How many instances there are afterwards, where that is not as many as before. */
    instances: z.int().min(1).optional(),
  })
  .superRefine((value, context) => {
    const kinds = KINDS.filter(kind => value[kind] !== undefined);
    const [kind, second] = kinds;
    if (kind === undefined) {
      context.addIssue(
        'expected what is done: `inject`, `compose`, `processes` or `kubernetes`, got none of them',
      );
    } else if (second !== undefined) {
      context.addIssue({
        code: 'custom',
        path: [kind],
        message: `expected one of \`${KINDS.join('`, `')}\`, got \`${second}\` too: write two faults`,
      });
    } else if (kind !== 'inject') {
      for (const key of ['heal', 'check'] as const) {
        if (value[key] === undefined) continue;
        const message = `expected \`inject\` beside it, got \`${kind}\`, which brings its own: leave it away`;
        context.addIssue({ code: 'custom', path: [key], message });
      }
    }
  });

/** These mean something else to `--faults`. */
const TAKEN = ['all', 'deploy'];

export const faults = z.record(
  z
    .string()
    .regex(/^[a-z][\w-]*$/i, 'expected a name of letters, digits, _ and - that begins with a letter')
    .refine(one => !TAKEN.includes(one), {
      error: `expected another name than ${TAKEN.join(' and ')}, which mean something else to --faults`,
    }),
  fault,
);

export type FaultSpec = z.infer<typeof fault>;
/** A text for the shell, or a program and its arguments. */
export type Command = string | readonly string[];
export type ComposeSpec = z.infer<typeof compose>;
export type ProcessesSpec = z.infer<typeof processes>;
export type KubernetesSpec = z.infer<typeof kubernetes>;
