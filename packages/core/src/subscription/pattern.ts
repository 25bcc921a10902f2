/** Whether the path of a stream fits a pattern: `*` is any one segment, `**` any number of them, none included. */
export function fitsPattern(pattern: string, path: string): boolean {
  return fits(pattern.split('/'), path.split('/'))
}

/**
 * Row by row: which beginnings of the path the pattern fits so far. No backtracking, because the pattern comes from
 * outside and many `**` would cost time without end.
 */
function fits(pattern: readonly string[], path: readonly string[]): boolean {
  let reached: readonly boolean[] = [true, ...path.map(() => false)]
  for (const want of pattern) {
    const next: boolean[] = []
    for (let at = 0; at <= path.length; at += 1) {
      const before = at > 0 && reached[at - 1] === true
      if (want === '**') next.push(reached[at] === true || next[at - 1] === true)
      else next.push(before && (want === '*' || want === path[at - 1]))
    }
    reached = next
  }
  return reached[path.length] === true
}
