import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { registerWorker } from './worker/register.ts'

/** Draws the page, from now on. */
export function showPage(root: HTMLElement): void {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
  registerWorker()
}
