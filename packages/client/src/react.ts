export { HeadraceProvider, useHeadrace, type HeadraceProviderProps } from './react/context.ts'
export { useConnection } from './react/use-connection.ts'
export { useSession, type UseSession } from './react/use-session.ts'
