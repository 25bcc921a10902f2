/**
 * Takes JSON that is known to be valid apart without parsing it: the items of an array, or the one value that it is. As
 * text, because a number that JavaScript can't hold must come out as it went in.
 */
export function jsonItems(json: string): readonly string[] {
  const text = json.trim()
  if (!text.startsWith('[')) return [text]
  const items: string[] = []
  let depth = 0
  let start = 1
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]
    if (char === '"') at = endOfString(text, at)
    else if (char === '[' || char === '{') depth += 1
    else if (char === ']' || char === '}') depth -= 1
    const ends = (char === ',' && depth === 1) || depth === 0
    if (!ends) continue
    const item = text.slice(start, at).trim()
    if (item !== '') items.push(item)
    start = at + 1
  }
  return items
}

function endOfString(text: string, open: number): number {
  let at = open + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
