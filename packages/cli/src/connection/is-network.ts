import type { HeadraceError } from '@headrace/core'

/** Whether the network was in the way, and not a server that said no. */
export function isNetwork({ code }: HeadraceError): boolean {
  return code === 'connection_lost' || code === 'closed' || code === 'idle_timeout'
}
