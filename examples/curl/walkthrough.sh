#!/usr/bin/env bash
# A session by HTTP alone: somebody asks, an agent answers and asks back, somebody approves. Needs a server at HEADRACE_URL
# and a token for it in HEADRACE_TOKEN: README.md beside this says where they come from. The argument names the session;
# without one it is a new one each time.
set -euo pipefail
: "${HEADRACE_URL:?is not set: README.md beside this says what to set it to}"
: "${HEADRACE_TOKEN:?is not set: headrace token makes one}"

# What the server refuses ends the walk, with what it said.
api() { curl -sS --fail-with-body -H "Authorization: Bearer $HEADRACE_TOKEN" -H 'Content-Type: application/json' "$@"; }
say() { printf '\n== %s\n' "$*"; }
name=${1:-$(date +%s)}
session="$HEADRACE_URL/v1/sessions/walk%2F$name"
# The id of a command makes it safe to send again: the second time it gets the first answer.
command() { api "$session/commands" -d "{\"id\":\"$1\",\"body\":$2}"; }
# A value that stands in an answer, without a JSON parser.
field() { grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }

say 'A session'
api "$HEADRACE_URL/v1/sessions" -d "{\"id\":\"walk/$name\",\"metadata\":{\"title\":\"A walk\"}}"

say 'Somebody asks; sent twice, and there once'
ask='{"type":"send","parts":[{"kind":"text","text":"May I go for a walk?"}]}'
command ask "$ask"
command ask "$ask"

say 'An agent waits for work and takes it'
work=$(api "$HEADRACE_URL/v1/agents/assistant/claim" -d "{\"worker\":\"curl-$$\",\"leaseMs\":60000,\"waitMs\":2000}")
run=$(field run <<<"$work") || {
  echo 'No work came: another worker of the agent "assistant" took it, as in the demo, or this walk was walked already.' >&2
  exit 1
}
echo "run $run"

say 'It writes, numbers what it writes, and asks for an approval'
command w1 "{\"type\":\"write\",\"run\":\"$run\",\"attempt\":1,\"n\":1,\"ops\":[
  {\"op\":\"open\",\"message\":\"answer\",\"part\":\"text\",\"start\":{\"kind\":\"text\"}},
  {\"op\":\"delta\",\"message\":\"answer\",\"part\":\"text\",\"text\":\"Let me see. \"},
  {\"op\":\"request\",\"key\":\"door\",\"spec\":{\"kind\":\"approval\",\"title\":\"Open the door?\",\"action\":{\"open\":\"door\"}}}]}"

say 'It waits in the inbox of whoever may answer, with the digest of the exact action'
inbox=$(api "$HEADRACE_URL/v1/inbox")
echo "$inbox"
digest=$(field digest <<<"$inbox")
command yes "{\"type\":\"answer\",\"request\":\"$run.door\",\"digest\":\"$digest\",\"answer\":{\"decision\":\"approve\"}}"

say 'The agent ends its run'
command w2 "{\"type\":\"write\",\"run\":\"$run\",\"attempt\":1,\"n\":2,\"ops\":[
  {\"op\":\"delta\",\"message\":\"answer\",\"part\":\"text\",\"text\":\"The door is open.\"},
  {\"op\":\"end\",\"reason\":\"complete\"}]}"

say 'The session as it is: whoever joins now needs no history'
api "$session"

say 'The log, from any event on; live=long-poll or live=sse waits for more'
api "$session/events?after=2"
echo
