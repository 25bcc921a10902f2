"""An agent that speaks HTTP and nothing else: Python 3.8 or newer, no packages.

    HEADRACE_URL=http://127.0.0.1:4400 HEADRACE_TOKEN=eyJ... python3 agent.py

It takes one run after the other, writes as it thinks, keeps its lease alive, stops and holds still when somebody says so,
takes into account what people say meanwhile, asks for an approval, and lets go of the run until it is there. It can be
killed at any moment: whoever claims the run next goes on where it stopped. PROTOCOL.md says what travels.
"""

import json
import os
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

URL = os.environ.get("HEADRACE_URL", "http://127.0.0.1:4400").rstrip("/")
TOKEN = os.environ.get("HEADRACE_TOKEN") or sys.exit("HEADRACE_TOKEN is not set: `headrace token` makes one.")
AGENT = os.environ.get("HEADRACE_AGENT", "planner")
LEASE_MS = int(os.environ.get("HEADRACE_LEASE_MS", "6000"))
PACE = float(os.environ.get("HEADRACE_PACE", "0.1"))

# Names this process and no other: a claim by the same worker is taken for a retry of its last one.
WORKER = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class Refused(Exception):
    """The server said no. `code` is for programs, the text for people."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.retry = error["retry"]


class Cancelled(Exception):
    """Somebody asked to stop the run."""


def say(line):
    print(line, flush=True)


def call(method, path, body=None):
    """One request. What can pass by itself (a server that restarts, a connection that breaks) is tried again."""
    request = urllib.request.Request(URL + path, method=method, headers={"Authorization": f"Bearer {TOKEN}"})
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    pause = 0.1
    while True:
        try:
            with urllib.request.urlopen(request, timeout=90) as response:
                text = response.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as failed:
            refused = Refused(json.loads(failed.read())["error"])
            # `paused` is no trouble: it passes when somebody resumes the run, which may take hours.
            if refused.code == "paused" or refused.retry in ("never", "token"):
                raise refused from None
        except (urllib.error.URLError, OSError) as broken:
            say(f"retry {URL}: {broken}")
        time.sleep(pause)
        pause = min(pause * 2, 5)


class Run:
    """A run that this process holds, under a lease that every write and heartbeat renews."""

    def __init__(self, assignment):
        self.id = assignment["run"]
        self.attempt = assignment["attempt"]
        self.lease = assignment["leaseMs"] / 1000
        self.path = "/v1/sessions/" + urllib.parse.quote(assignment["session"], safe="")
        self.n = 0
        self.steers = 0
        self.renewed = time.monotonic()
        self.view = assignment["view"]

    def _command(self, **body):
        answer = call("POST", self.path + "/commands", {"body": {"run": self.id, "attempt": self.attempt, **body}})
        self.renewed = time.monotonic()
        return answer

    def write(self, *ops):
        """Writes a batch. Sent again it keeps its number, so that it is never applied twice."""
        while True:
            try:
                told = self._command(type="write", n=self.n + 1, ops=ops)
                break
            except Refused as refused:
                if refused.code != "paused":
                    raise
            self._hold()
        self.n += 1
        self._heed(told)

    def heartbeat(self):
        told = self._command(type="heartbeat")
        self._heed(told)
        return told

    def rest(self, seconds):
        """Does nothing for a while, as when a model thinks, and is heard all the same."""
        until = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            if now >= until:
                return
            due = self.renewed + self.lease / 3
            if now >= due:
                self.heartbeat()
            else:
                time.sleep(min(until, due) - now)

    def _hold(self):
        """Waits until the run goes on, or is to be stopped."""
        say("paused")
        while self.heartbeat().get("paused"):
            time.sleep(min(0.5, self.lease / 3))
        say("resumed")

    def _heed(self, told):
        self.steers = told.get("steers", 0)
        if told.get("cancel"):
            raise Cancelled()

    def take_steers(self):
        """What people said to the agent meanwhile. Saying that it was taken keeps it from becoming the next input."""
        if self.steers == 0:
            return []
        view = call("GET", self.path)
        own = next(run for run in view["runs"] if run["id"] == self.id)
        waiting = [steer["message"] for steer in own["steers"] if steer["status"] == "pending"]
        self.write(*({"op": "consume", "message": message} for message in waiting))
        return [text_of(message) for message in view["messages"] if message["id"] in waiting]


def text_of(message):
    return " ".join(part["text"] for part in message["parts"] if part["kind"] == "text")


def think(question):
    """Stands where a model would be."""
    yield from f'You asked: "{question}" I would answer it in three steps, which cost nothing.'.split()


def draft(run):
    """Writes what is to be approved, word by word."""
    question = next(message for message in run.view["messages"] if message["id"] == run.input)
    # Under the step, what a killed attempt had written is replaced as soon as this one opens its part.
    run.write({"op": "open", "message": "answer", "part": "draft", "step": "draft", "start": {"kind": "text"}})
    for word in think(text_of(question)):
        run.rest(PACE)
        run.write({"op": "delta", "message": "answer", "part": "draft", "text": word + " "})
        for steer in run.take_steers():
            run.write({"op": "delta", "message": "answer", "part": "draft", "text": f"(Noted: {steer}) "})
    run.write({"op": "close", "message": "answer", "part": "draft"})


def work(run):
    """Done from the view alone, so that any process can go on with any run."""
    request = next((one for one in run.view["requests"] if one["id"] == f"{run.id}.go"), None)
    if request is None:
        draft(run)
        spec = {"kind": "approval", "title": "Shall I do this?", "action": {"do": "three steps"}}
        run.write({"op": "request", "key": "go", "spec": spec}, {"op": "suspend", "waitsFor": ["go"]})
        say(f"suspended {run.id}")
        return
    if request["status"] in ("open", "claimed"):  # somebody resumed it before there was an answer
        run.write({"op": "suspend", "waitsFor": ["go"]})
        return
    approved = request.get("answer", {}).get("decision") == "approve"
    text = "Done." if approved else "I left it."
    run.write(
        {"op": "open", "message": "answer", "part": "end", "step": "end", "start": {"kind": "text", "text": text}},
        {"op": "usage", "usage": {"inputTokens": 0, "outputTokens": 20}},
        {"op": "end", "reason": "complete"},
    )
    say(f"ended {run.id}")


def handle(assignment):
    run = Run(assignment)
    run.input = next(one for one in run.view["runs"] if one["id"] == run.id)["input"]
    say(f"claimed {run.id} attempt {run.attempt}")
    try:
        try:
            work(run)
        except Cancelled:
            say(f"stopped {run.id}")
            run.write({"op": "end", "reason": "cancelled"})
        except Refused:
            raise
        except Exception as failed:
            run.write({"op": "end", "reason": "failed", "detail": str(failed)[:1000]})
            raise
    except Cancelled:
        pass  # the answer to the end says once more that it was asked for
    except Refused as refused:
        if refused.code not in ("fenced", "run_ended"):
            raise
        say(f"lost {run.id}")  # somebody else has it, or nobody needs it any more


def main():
    say(f"ready {WORKER}")
    while True:
        claim = {"worker": WORKER, "leaseMs": LEASE_MS, "waitMs": 25000}
        assignment = call("POST", f"/v1/agents/{AGENT}/claim", claim)
        if assignment is not None:
            handle(assignment)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
    except Refused as refused:
        sys.exit(f"{refused.code}: {refused}")
