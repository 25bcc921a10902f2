import type { ModelChoice } from './choose-model.ts'

const maxChars = 500

/** Why a model did not answer, in words for everybody on the session: what, where, what to check. Never a key. */
export function describeFailure(thrown: unknown, choice: ModelChoice): string {
  const error = innermost(thrown)
  const { host } = new URL(choice.baseUrl)
  const status = statusOf(error)
  const said = withoutKeys(error instanceof Error ? error.message : String(error), choice).slice(0, maxChars)
  if (status === undefined) return `The model ${choice.model} at ${host} could not be asked: ${said}`
  return `The model ${choice.model} at ${host} answered ${status}: ${said}${advice(status, choice)}`
}

function advice(status: number, { api }: ModelChoice): string {
  const name = api === 'anthropic-messages' ? 'ANTHROPIC' : 'OPENAI'
  if (status === 401 || status === 403) return ` (check ${name}_API_KEY)`
  return status === 404 ? ` (check HEADRACE_MODEL and ${name}_BASE_URL)` : ''
}

/** The error of the last try, where several were made. */
function innermost(thrown: unknown): unknown {
  return thrown instanceof Error && 'lastError' in thrown && thrown.lastError !== undefined
    ? innermost(thrown.lastError)
    : thrown
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined
}

/** Providers repeat keys in their errors, whole or in part. */
function withoutKeys(text: string, { apiKey }: ModelChoice): string {
  const whole = apiKey.length > 4 ? text.replaceAll(apiKey, '[key]') : text
  return whole.replace(/\b(?:sk|key|pk)-[\w*.…-]{3,}[\w*…-]/g, '[key]').replace(/\bBearer\s+\S+/gi, 'Bearer [key]')
}
