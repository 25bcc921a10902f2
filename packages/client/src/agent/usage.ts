import type { Usage } from '@headrace/core'

/** The sum of what was used; a count that neither knows stays unknown. */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Record<string, number> = { ...a }
  for (const [key, value] of Object.entries(b)) if (typeof value === 'number') sum[key] = (sum[key] ?? 0) + value
  return sum
}
