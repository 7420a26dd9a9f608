/** Checked input: a valibot schema per part of the request; what does not fit is an `invalid` error that names the field. */
import { type DescribeRouteOptions, describeRoute, resolver, validator } from 'hono-openapi'
import * as v from 'valibot'
import { AppError } from '../core/error.ts'

type Schema = Parameters<typeof resolver>[0]

/** Middleware that leaves the parsed value at `c.req.valid(target)` and its shape in the OpenAPI document. */
export function checked<S extends Schema, T extends 'json' | 'query' | 'param'>(target: T, schema: S) {
  return validator(target, schema, (result) => {
    if (result.success) return
    const [issue] = result.error
    const path = issue?.path
      ?.map((part) => (typeof part === 'object' ? String(part.key) : String(part)))
      .join('.')
    throw new AppError('invalid', `${path || WHERE[target]}: ${issue?.message ?? 'not understood'}`)
  })
}

const WHERE = { json: 'The JSON body', query: 'The query', param: 'The address' } as const

const errorSchema = v.object({ error: v.object({ code: v.string(), message: v.string() }) })

/** Says what a route does, for /openapi.json: one sentence, one success answer, and the errors it may give. */
export function describe(
  summary: string,
  options: { tags?: string[]; status?: number; type?: string; schema?: Schema; form?: FormField[] } = {},
) {
  const { tags = ['parley'], status = 200, type = 'application/json', schema } = options
  const content = { [type]: schema ? { schema: resolver(schema) } : {} }
  const described: DescribeOptions = {
    summary,
    tags,
    ...(options.form && { requestBody: formBody(options.form) }),
    responses: {
      [status]: status === 204 ? { description: summary } : { description: summary, content },
      default: {
        description: 'An error',
        content: { 'application/json': { schema: resolver(errorSchema) } },
      },
    },
  }
  return describeRoute(described)
}

/** A field of a form; `file` is binary. Texts are what the field takes. */
export type FormField = readonly [name: string, takes: string, kind?: 'file' | 'required']

function formBody(fields: readonly FormField[]) {
  const properties = Object.fromEntries(
    fields.map(([name, takes, kind]) => [
      name,
      { type: 'string' as const, description: takes, ...(kind === 'file' && { format: 'binary' }) },
    ]),
  )
  const required = fields.filter(([, , kind]) => kind !== undefined).map(([name]) => name)
  return {
    required: true,
    content: { 'multipart/form-data': { schema: { type: 'object' as const, properties, required } } },
  }
}

type DescribeOptions = Parameters<typeof describeRoute>[0] & DescribeRouteOptionsLike
type DescribeRouteOptionsLike = Partial<DescribeRouteOptions>

/** Query values are text: whole numbers within bounds. */
export function whole(low: number, high: number) {
  return v.pipe(
    v.string(),
    v.regex(/^-?\d+$/, 'a whole number'),
    v.transform(Number),
    v.minValue(low, `at least ${low}`),
    v.maxValue(high, `at most ${high}`),
  )
}

/** Query flags: `1`, `true`, `yes`, or present without a value. */
export const flag = v.pipe(
  v.string(),
  v.transform((text) => ['', '1', 'true', 'yes', 'on'].includes(text.toLowerCase())),
)
