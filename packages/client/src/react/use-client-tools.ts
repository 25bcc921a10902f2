import { useEffect, useRef } from 'react'
import { useHeadrace } from './context.ts'
import type { ClientTool } from '../session/client-tools.ts'

/**
 * Offers tools that run on this device while the component is mounted. Of all tabs and devices that offer a tool, one runs
 * it, once. The tools may be new functions with each render; their names should stay.
 *
 * @example
 * ```tsx
 * function Tools({ id }: { id: string }) {
 *   useClientTools(id, { confirm: (input) => window.confirm(String(input)) })
 *   return null
 * }
 * ```
 */
export function useClientTools(id: string, tools: Readonly<Record<string, ClientTool>>): void {
  const client = useHeadrace()
  const latest = useRef(tools)
  useEffect(() => {
    latest.current = tools
  })
  const names = Object.keys(tools).sort().join('\n')
  useEffect(() => {
    const entries = names
      .split('\n')
      .map((name): [string, ClientTool] => [name, (input, call) => latest.current[name]?.(input, call)])
    return client.session(id).clientTools(Object.fromEntries(entries))
  }, [client, id, names])
}
