import { isOpen, type Json, type Request, type RequestSpec } from '@headrace/core'
import { clipJson } from './clip.ts'

/** Most characters of what is asked. */
const maxChars = 16_000

/**
 * A request as a model reads it. The digest, without which nothing is approved, comes with the whole action only: what was
 * not shown must not be agreed to.
 */
export function showRequest({ id, run, spec, status, digest, answerers, expiresAt, claim, ...end }: Request): Json {
  const isWhole = spec.kind !== 'approval' || JSON.stringify(spec.action).length <= maxChars
  const over = { status, ...end }
  return {
    request: id,
    run,
    status,
    kind: spec.kind,
    title: spec.title,
    ...asked(spec),
    ...(digest !== undefined && isWhole && { digest }),
    ...(!isWhole && { note: 'The action is too long to be shown here. A person must look at it in full and answer.' }),
    ...(answerers !== undefined && { answerers: typeof answerers === 'string' ? answerers : [...answerers] }),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
    ...(claim && { runsAt: claim.by }),
    ...(!isOpen({ id, run, spec, ...over }) && closed(over)),
  }
}

function asked(spec: RequestSpec): { readonly [key: string]: Json } {
  switch (spec.kind) {
    case 'approval':
      return { action: clipJson(spec.action, maxChars) }
    case 'question':
      return spec.schema ? { schema: clipJson(spec.schema, maxChars) } : {}
    case 'tool':
      return { tool: spec.name, ...(spec.input !== undefined && { input: clipJson(spec.input, maxChars) }) }
    default:
      return spec satisfies never
  }
}

function closed({ answer, by, detail }: Pick<Request, 'answer' | 'by' | 'detail'>): { readonly [key: string]: Json } {
  return {
    ...(answer && { answer: clipJson({ ...answer }, maxChars) }),
    ...(by !== undefined && { by }),
    ...(detail !== undefined && { detail }),
  }
}
