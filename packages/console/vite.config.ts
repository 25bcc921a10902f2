import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'
import { firstView } from './first-view.ts'

export default defineConfig({
  plugins: [react(), firstView('/src/page.tsx')],
  // Relative, so that the console works under any path of a host application.
  base: './',
  resolve: {
    conditions: ['@headrace/source', ...defaultClientConditions],
  },
  build: {
    outDir: '../cli/console',
    emptyOutDir: true,
    // Two files of some hundred kB are what is wanted below; Vite would advise against them in every build. In kB.
    chunkSizeWarningLimit: 1_000,
    // A strict content policy allows no data: addresses.
    assetsInlineLimit: 0,
    // For the service worker, which keeps all files of the page.
    manifest: 'files.json',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: 'index.html', 'service-worker': 'src/worker/service-worker.ts' },
      // The worker's name stays, and its place says for which pages it is.
      output: {
        entryFileNames: ({ name }) => (name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js'),
        // Two files for the first view: what comes first, and the page with all that it needs, whoever else needs it too.
        codeSplitting: {
          groups: [
            { name: 'start', tags: ['$initial'], test: (id) => !id.includes('/worker/'), priority: 1 },
            { name: 'page', test: /\/src\/page\.tsx$/ },
          ],
        },
      },
    },
    // Colours come in light and dark pairs by `light-dark()`: browsers since 2024.
    target: ['chrome123', 'firefox121', 'safari17.5'],
  },
  // `headrace serve` on its usual port, for work on the page itself.
  server: { proxy: { '/v1': { target: 'http://127.0.0.1:4400', ws: true } } },
})
