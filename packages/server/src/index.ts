export { createHeadrace, type Headrace, type HeadraceOptions, type NotifyOptions } from './create-headrace.ts'
export { type HttpAgents } from './agents/http-agents.ts'
export { parseHttpAgent, type HttpAgent, type HttpAgentSettings, type ShownHttpAgent } from './agents/http-agent.ts'
export { type WebhookAgent } from './dispatch/webhook-agent.ts'
export { type NoticeWebhook } from './notify/notice-webhook.ts'
export { type PushSubscription } from './notify/subscriptions.ts'
export { type Auth, type MintingAuth, type TokenCapability, type TokenClaims } from './auth/auth.ts'
export { createLocalAuth, type LocalAuthOptions } from './auth/local-auth.ts'
export { createSecretAuth, type SecretAuthOptions } from './auth/secret-auth.ts'
export { createJwksAuth, type JwksAuthOptions } from './auth/jwks-auth.ts'
export { assertSafeBinding } from './auth/safe-binding.ts'
export { isLoopbackHost } from './auth/loopback.ts'
export { hardenServer, httpServerOptions } from './door/http-harden.ts'
export { type DurableStreamsOptions } from './door/stream-options.ts'
export { defaultConnectionLimits, type ConnectionLimits } from './door/connection-limits.ts'
export {
  createOutgoing,
  type Outgoing,
  type OutgoingOptions,
  type OutgoingResult,
  type PostOptions,
} from './outgoing/outgoing.ts'
export { type ResolvedAddress } from './outgoing/reach.ts'
export { createWebhookSecret, signWebhook, type WebhookMessage } from './outgoing/webhook-signature.ts'
export { systemClock, type Clock } from './clock.ts'
export {
  type Assignment,
  type ClaimOptions,
  type FollowOptions,
  type Follower,
  type Hub,
  type HubStats,
  type Page,
  type ShownEphemeral,
} from './hub-types.ts'
