/** Small functions over text, each linear in what it looks at. Pure. */

/** How much of a text is looked at, from its beginning and from its end. */
const maxChars = 700

/** The beginning and the end of a text. */
export function ends(text: string, chars: number = maxChars): string {
  return text.length <= 2 * chars ? text : `${text.slice(0, chars)}\n${text.length}\n${text.slice(-chars)}`
}

/** A 53-bit hash that is the same on every machine; not for anything that somebody could want to forge. */
export function hashOf(text: string): number {
  let a = seedA
  let b = seedB
  for (let index = 0; index < text.length; index++) {
    const code = codeAt(text, index)
    a = Math.imul(a ^ code, factorA)
    b = Math.imul(b ^ code, factorB)
  }
  return mixed(a, b)
}

/** A hash that is the same for texts that differ in numbers, addresses and spaces only, as of two runs of one thing. */
export function shapeOf(text: string): number {
  let a = seedA
  let b = seedB
  let before = 0
  for (let index = 0; index < text.length; index++) {
    let code = codeAt(text, index)
    if (isDigit(code)) {
      if (code === 48 && codeAt(text, index + 1) === 120) {
        index++
        while (isHex(codeAt(text, index + 1))) index++
      }
      code = 35 // #
    } else if (code <= 32 || code === 160) code = 32
    if (code === before && (code === 35 || code === 32)) continue
    before = code
    a = Math.imul(a ^ code, factorA)
    b = Math.imul(b ^ code, factorB)
  }
  return mixed(a, b)
}

/** Hashes of the names, paths and words of four characters and more, at most so many. */
export function namesIn(text: string, most: number): readonly number[] {
  const found: number[] = []
  let length = 0
  let hash = smallSeed
  for (let index = 0; index <= text.length && found.length < most; index++) {
    const code = index === text.length ? 0 : codeAt(text, index)
    if (isLetter(code) || isPunctuation(code) || (length > 0 && (isDigit(code) || code === 45))) {
      hash = Math.imul(hash ^ code, smallFactor)
      length++
    } else {
      if (length >= 4) found.push(hash & smallMask)
      length = 0
      hash = smallSeed
    }
  }
  return found
}

const smallSeed = 0x81_1c_9d_c5
const smallFactor = 16_777_619
/** Numbers of so many bits are kept without a box. */
const smallMask = 0x3f_ff_ff_ff

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code > 191
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** What paths are written with. */
function isPunctuation(code: number): boolean {
  return code === 46 || code === 47
}

const seedA = 0xde_ad_be_ef
const seedB = 0x41_c6_ce_57
const factorA = 2_654_435_761
const factorB = 1_597_334_677

function mixed(first: number, second: number): number {
  const a = Math.imul(first ^ (first >>> 16), 2_246_822_507) ^ Math.imul(second ^ (second >>> 13), 3_266_489_909)
  const b = Math.imul(second ^ (second >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909)
  return 4_294_967_296 * (2_097_151 & b) + (a >>> 0)
}

/** Halves of a pair count one by one: a hash asks for no characters. */
function codeAt(text: string, index: number): number {
  return text.charCodeAt(index)
}

function isHex(code: number): boolean {
  return isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70)
}

/** Text without what differs between two runs of the same thing: numbers, addresses, times, spaces. */
export function withoutNumbers(text: string): string {
  return text
    .replaceAll(/0x[0-9a-f]+|\d+/gi, '#')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

const maxWords = 400

/** How often each word is in the beginning of a text, by a hash of the word. */
export function wordsOf(text: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  const end = Math.min(text.length, 4_000)
  let left = maxWords
  let length = 0
  let hash = smallSeed
  for (let index = 0; index <= end && left > 0; index++) {
    const code = index === end ? 0 : codeAt(text, index)
    if (isLetter(code) || isDigit(code)) {
      hash = Math.imul(hash ^ code, smallFactor)
      length++
    } else if (length > 0) {
      const key = hash & smallMask
      counts.set(key, (counts.get(key) ?? 0) + 1)
      left--
      length = 0
      hash = smallSeed
    }
  }
  return counts
}

/** Part of the words that two texts have in common: from 0, none, to 1, the same words. */
export function similarity(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number {
  let common = 0
  let all = 0
  for (const [key, count] of a) {
    const other = b.get(key) ?? 0
    common += Math.min(count, other)
    all += Math.max(count, other)
  }
  for (const [key, count] of b) if (!a.has(key)) all += count
  return all === 0 ? 1 : common / all
}

/** One line of a text for a quotation. */
export function quoted(text: string, chars = 80): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > chars ? `${line.slice(0, chars)}…` : line
}

/** 1st, 2nd, 3rd, 4th. */
export function nth(count: number): string {
  const tail = count % 100
  const ending = tail > 10 && tail < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th')
  return `${count}${ending}`
}
