import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  // Relative, so that the console works under any path of a host application.
  base: './',
  resolve: { conditions: ['@headrace/source', ...defaultClientConditions] },
  build: { outDir: '../cli/console', emptyOutDir: true },
})
