/** Parses the parts of an OpenAPI document (3.x, or Swagger 2.0) that init uses. Accepts unknown parts. */
import { z } from 'zod';

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

export interface Schema {
  $ref?: string | undefined;
  type?: unknown;
  format?: string | undefined;
  pattern?: string | undefined;
  minimum?: number | undefined;
  enum?: unknown[] | undefined;
  const?: unknown;
  default?: unknown;
  properties?: Record<string, Schema> | undefined;
  required?: string[] | undefined;
  allOf?: Schema[] | undefined;
  anyOf?: Schema[] | undefined;
  oneOf?: Schema[] | undefined;
}
const schema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    format: z.string().optional().catch(undefined),
    pattern: z.string().optional().catch(undefined),
    minimum: z.number().optional().catch(undefined),
    enum: z.array(z.unknown()).optional().catch(undefined),
    properties: z.record(z.string(), schema).optional().catch(undefined),
    required: z.array(z.string()).optional().catch(undefined),
    allOf: z.array(schema).optional(),
    anyOf: z.array(schema).optional(),
    oneOf: z.array(schema).optional(),
  }),
);
const parameter = z.looseObject({
  $ref: z.string().optional(),
  name: z.string().default(''),
  in: z.string().default(''),
  required: z.boolean().default(false),
  schema: schema.optional(),
});
export const operation = z.looseObject({
  operationId: z.string().default(''),
  summary: z.string().nullish(),
  parameters: z.array(parameter).default([]),
  requestBody: z
    .looseObject({
      $ref: z.string().optional(),
      content: z.record(z.string(), z.looseObject({ schema: schema.optional() })).default({}),
    })
    .optional(),
});
const pathItem = z.looseObject(
  Object.fromEntries(METHODS.map(method => [method, operation.optional().catch(undefined)])),
);
export const document = z
  .looseObject({
    basePath: z.string().default(''),
    servers: z.array(z.looseObject({ url: z.string() })).default([]),
    paths: z.record(z.string(), pathItem),
  })
  .refine(value => 'openapi' in value || 'swagger' in value);
