import type { RawCall } from './http-route.ts'

/** Scheme and host of this server, as the caller sees them. */
export function baseOf({ request }: RawCall, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl
  const isEncrypted = 'encrypted' in request.socket && request.socket.encrypted === true
  return `${isEncrypted ? 'https' : 'http'}://${request.headers.host ?? 'localhost'}`
}
