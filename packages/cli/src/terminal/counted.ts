/** A number with what is counted: `1 lane`, `3 lanes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
