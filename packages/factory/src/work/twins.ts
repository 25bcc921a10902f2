/**
 * Paths that are new, each with what it is on a disk or in a program that takes no notice of case and of forms of letters,
 * where that is another path of the tree or lies in another folder of it.
 */
export function twinsOf(
  fresh: readonly string[],
  tree: Iterable<{ readonly path: string }>,
): ReadonlyMap<string, string> {
  const asked = new Map(fresh.flatMap((path) => prefixes(path).map((prefix) => [folded(prefix), new Set<string>()])))
  for (const { path } of tree) for (const prefix of prefixes(path)) asked.get(folded(prefix))?.add(prefix)
  const twins = new Map<string, string>()
  for (const path of fresh) {
    for (const prefix of prefixes(path)) {
      const other = [...(asked.get(folded(prefix)) ?? [])].find((candidate) => candidate !== prefix)
      if (other === undefined) continue
      twins.set(path, other + path.slice(prefix.length))
      break
    }
  }
  return twins
}

/** Folders of a path that are looked at: a hostile one has thousands. */
const maxDepth = 64

/** a, a/b, a/b/c */
function prefixes(path: string): readonly string[] {
  const ends = [...path.matchAll(/\//g)].slice(0, maxDepth).map(({ index }) => index)
  return [...ends, path.length].map((end) => path.slice(0, end))
}

function folded(path: string): string {
  return path.normalize('NFKC').toLowerCase()
}
