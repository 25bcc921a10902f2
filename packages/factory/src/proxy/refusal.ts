import type { ProviderKind } from './provider.ts'

/** Why the proxy does not pass a call on. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number
  readonly code:
    | 'token_unknown'
    | 'not_passed_on'
    | 'key_missing'
    | 'budget_exhausted'
    | 'bad_request'
    | 'too_large'
    | 'too_many_calls'
    | 'model_unreachable'
    | 'model_silent'
    | 'not_metered'
  readonly message: string
}

/** The body of an error as clients of this provider read it. */
export function refusalBody(kind: ProviderKind, { status, code, message }: Refusal): object {
  switch (kind) {
    case 'openai':
      return { error: { message, type: typeOf(status), param: null, code } }
    case 'anthropic':
      return { type: 'error', error: { type: typeOf(status), message, code } }
    case 'gemini':
      return { error: { code: status, message, status: googleStatus(status), details: [{ reason: code }] } }
    default:
      return kind satisfies never
  }
}

function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 403:
    case 404:
      return 'not_found_error'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limit_error'
    default:
      return status < 500 ? 'invalid_request_error' : 'api_error'
  }
}

function googleStatus(status: number): string {
  switch (status) {
    case 401:
      return 'UNAUTHENTICATED'
    case 404:
      return 'NOT_FOUND'
    case 429:
      return 'RESOURCE_EXHAUSTED'
    default:
      return status < 500 ? 'INVALID_ARGUMENT' : 'UNAVAILABLE'
  }
}
