/** Resolves when something holds, looking after each piece of news. The test's time-out bounds it. */
export async function until(holds: () => boolean, onNews: (listener: () => void) => () => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = (): void => {
    if (holds()) resolve()
  }
  const stop = onNews(look)
  look()
  await promise
  stop()
}

/** Lets everything happen that needs no time: promises, and what sockets on loopback have received. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}
