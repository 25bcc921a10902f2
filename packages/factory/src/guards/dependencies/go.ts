const directive = /^(require|replace|tool|exclude|retract|godebug|ignore)\b\s*/

/** go.mod: modules that are required, by others too, and what stands in for one. */
export function namesInGoMod(text: string): readonly string[] {
  const names: string[] = []
  let block = ''
  for (const whole of text.split('\n')) {
    const line = whole.replace(/\/\/.*/, '').trim()
    if (line === ')') block = ''
    const [start, own] = directive.exec(line) ?? []
    const rest = line.slice(start?.length ?? 0)
    if (own !== undefined && rest === '(') block = own
    else names.push(...namesIn(own ?? block, rest))
  }
  return names
}

function namesIn(kind: string, line: string): readonly string[] {
  const found = kind === 'require' ? /^"?([^\s"]+)"?\s+v\d/.exec(line) : /=>\s*"?([^\s"]+)/.exec(line)
  return kind === 'require' || kind === 'replace' ? (found?.slice(1) ?? []) : []
}
