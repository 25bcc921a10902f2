import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { watchAddress } from './access/access.ts'
import { App } from './app.tsx'
import { applyTheme } from './shell/theme.ts'
import { registerWorker } from './worker/register.ts'
import './style/tokens.css'
import './style/base.css'

applyTheme()
watchAddress()
registerWorker()
const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
