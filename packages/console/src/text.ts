/**
 * Every English word of the console: a file for each of its places, and all together here. Functions take what varies, so
 * that a translation may order it freely. Calm and exact: say what is so, then what happens next.
 *
 * It is a namespace of modules, so that the words of a page that comes when somebody looks at it come with that page.
 */
export * as text from './text/index.ts'
