/** What a file of settings says, which may have any form. */
export type Table = Readonly<Record<string, unknown>>

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What stands at a path of keys, as a table; an empty one where nothing or something else does. */
export function tableAt(from: unknown, ...keys: readonly string[]): Table {
  const found = keys.reduce<unknown>(
    (value, key) => (isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    from,
  )
  return isTable(found) ? found : {}
}

/** The texts of a list; none where it is no list. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
