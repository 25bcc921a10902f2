/** What is made when it is asked for first: a formatter takes some milliseconds, and the first view needs few of them. */
export function lazily<Made>(make: () => Made): () => Made {
  let made: Made | undefined
  return () => (made ??= make())
}
