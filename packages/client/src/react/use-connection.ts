import { useSyncExternalStore } from 'react'
import { useHeadrace } from './context.ts'
import type { ConnectionStatus } from '../net/status.ts'

const onServer: ConnectionStatus = { state: 'connecting' }

/**
 * How the client stands with its server.
 *
 * @example
 * ```tsx
 * const connection = useConnection()
 * return connection.state === 'offline' ? <p role="status">Offline. What is shown may be old.</p> : null
 * ```
 */
export function useConnection(): ConnectionStatus {
  const client = useHeadrace()
  return useSyncExternalStore(
    client.onStatus,
    () => client.status,
    () => onServer,
  )
}
