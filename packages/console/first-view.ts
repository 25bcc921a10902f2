import type { Plugin, Rolldown } from 'vite'

/**
 * Chromium then compiles all of a file while it loads, beside the main thread. Without it, the third that is called before a
 * session is on the screen is compiled there, a function at a time: 40 ms, and four times that on a slow device. To other
 * browsers it is a comment. It must be the first thing in the file.
 */
const compileAll = '//# allFunctionsCalledOnLoad\n'

/**
 * The page that the entry imports, once it has begun to connect: its files are asked for with the entry, and not when that
 * runs. The files of both are compiled as they come.
 *
 * @param page - how the name of the page's module ends
 */
export function firstView(page: string): Plugin {
  return {
    name: 'headrace:first-view',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const chunk of filesOf(bundle, page)) chunk.code = compileAll + chunk.code
      },
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const files = filesOf(bundle, page)
        const css = new Set(files.flatMap((chunk) => [...(chunk.viteMetadata?.importedCss ?? [])]))
        const links = [
          ...files.map(({ fileName }) => ({ rel: 'modulepreload', file: fileName })),
          ...[...css].map((file) => ({ rel: 'stylesheet', file })),
        ]
        return links
          .filter(({ file }) => !html.includes(file)) // Vite has put in what the entry needs
          .map(({ rel, file }) => ({
            tag: 'link',
            attrs: { rel, crossorigin: true, href: `./${file}` },
            injectTo: 'head' as const,
          }))
      },
    },
  }
}

/** The page with all that it needs to run, which what comes first is a part of. */
function filesOf(bundle: Rolldown.OutputBundle, page: string): readonly Rolldown.OutputChunk[] {
  const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
  const needed = new Set(chunks.filter(({ moduleIds }) => moduleIds.some((id) => id.endsWith(page))))
  for (const { imports } of needed) for (const each of chunks) if (imports.includes(each.fileName)) needed.add(each)
  return [...needed]
}
