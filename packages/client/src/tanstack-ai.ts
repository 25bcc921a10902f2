export {
  createTanStackConnection,
  type TanStackConnection,
  type TanStackConnectionOptions,
} from './tanstack-ai/create-connection.ts'
