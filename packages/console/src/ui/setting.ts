export interface Setting<T extends string> {
  readonly get: () => T
  readonly set: (value: T) => void
  readonly subscribe: (listener: () => void) => () => void
}

/** A choice that this browser remembers. The first value is the default. */
export function createSetting<T extends string>(name: string, values: readonly [T, ...T[]]): Setting<T> {
  const key = `headrace.${name}`
  const listeners = new Set<() => void>()
  let value = values.find((each) => each === read(key)) ?? values[0]
  return {
    get: () => value,
    set(next) {
      value = next
      try {
        localStorage.setItem(key, next)
      } catch {
        // Storage is blocked: the choice lives until the page is left.
      }
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}
