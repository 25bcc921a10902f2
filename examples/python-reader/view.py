"""A client that keeps its own view of a session: Python 3.8 or newer, no packages. Written from PROTOCOL.md.

    HEADRACE_URL=http://127.0.0.1:4400 HEADRACE_TOKEN=eyJ... python3 view.py team-a/plan

It follows the session by HTTP and prints a line for each message and run that changes. `fold` is the part to copy. With
`-` in place of a session it folds events from standard input, one a line; at an empty line it prints the view and begins
again.
"""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

BLOCK = "\u2588"
HOT_MESSAGES, HOT_CHARS, MIN_MESSAGES, ENDED_RUNS, CLOSED_REQUESTS, CURSORS = 50, 262144, 8, 50, 50, 200


def empty(session):
    return {
        "id": session, "seq": 0, "at": 0, "createdAt": 0, "createdBy": None, "agent": "assistant", "policy": "queue",
        "maxAttempts": 3, "metadata": {}, "messages": [], "older": 0, "head": None, "runs": [], "requests": [],
        "floor": {"asked": []}, "document": {"version": 0, "value": {}}, "usage": {}, "cursors": [], "presence": [],
    }


def fold(view, event):
    """Changes the view by one event. Types that it does not know, and `hidden`, move `seq` and `at` only."""
    view["seq"], view["at"] = event["seq"], event["at"]
    rule = RULES.get(event["type"])
    if rule:
        rule(view, event, event["data"])


# Sizes are counted in UTF-16 units.


def units(text):
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def json_units(value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    halves = sum(5 for character in text if "\ud800" <= character <= "\udfff")  # written as six: \ud800
    return units(text) + halves


def chars(part):
    if part["kind"] in ("file", "source"):
        return units(part["url"])
    fields = sum(json_units(part[key]) for key in ("input", "output", "error", "value") if key in part)
    return fields + units(part.get("text", ""))


def shared_chars(message):
    return sum(chars(part) for part in message["parts"] if "to" not in part)


def audience(to):
    return "" if to is None else to if isinstance(to, str) else " ".join(sorted(to))


def find(items, identity):
    return next((item for item in items if item["id"] == identity), None)


# The session and what it shares.


def created(view, event, data):
    view.update(data, createdAt=event["at"], createdBy=event["actor"])
    view["metadata"] = merged({}, data.get("metadata", {}))


def updated(view, event, data):
    for name, value in data.items():
        if name == "metadata":
            view["metadata"] = merged(view["metadata"], value)
        elif value is None or value is False:
            view.pop(name, None)
        else:
            view[name] = value


def merged(before, patch):
    return {key: value for key, value in {**before, **patch}.items() if value is not None}


def forked(view, event, data):
    why = "The session was copied while this was open; it goes on in the original."
    for run in [run for run in view["runs"] if run["status"] != "ended"]:
        for steer in run.get("steers", []):
            if steer["status"] == "pending":
                steer.update(status="missed", why=why)
        end = {"reason": "cancelled", "attempt": run["attempt"], "detail": why}
        end_run(view, {**event, "run": run["id"]}, end)
    for request in view["requests"]:
        if is_open(request):
            request.update(status="withdrawn", closedAt=event["at"], detail=why)
    for key in {audience(request["spec"].get("to")) for request in view["requests"]}:
        drop_requests(view, key)
    view.pop("archived", None)
    view.update(createdAt=event["at"], createdBy=event["actor"], floor={"asked": []}, presence=[])
    view["forkedFrom"] = {"session": data["from"], "seq": data["at"]}
    for key in {audience(message.get("to")) for message in view["messages"]}:
        cool(view, key)


def compacted(view, event, data):
    view["compactedTo"] = data["floor"]


def patched(view, event, data):
    value = view["document"]["value"]
    for op in data["patch"]:
        value = patch(value, op)
    view["document"] = {"version": data["version"], "value": value}


def patch(document, op):
    """One operation of a JSON Patch that is known to fit."""
    kind, path = op["op"], pointer(op["path"])
    if kind == "test":
        return document
    if kind in ("add", "replace"):
        return put(document, path, op["value"], kind == "add")
    if kind == "remove":
        return removed(document, path)
    source = pointer(op["from"])
    value = get(document, source)
    return put(removed(document, source) if kind == "move" else document, path, value, True)


def pointer(path):
    return [token.replace("~1", "/").replace("~0", "~") for token in path.split("/")[1:]]


def get(document, path):
    for token in path:
        document = document[int(token) if isinstance(document, list) else token]
    return document


def changed(document, path, change):
    """A copy in which one container was changed."""
    copy = list(document) if isinstance(document, list) else dict(document)
    if len(path) == 1:
        change(copy, path[0])
    else:
        key = int(path[0]) if isinstance(copy, list) else path[0]
        copy[key] = changed(copy[key], path[1:], change)
    return copy


def put(document, path, value, inserts):
    def change(container, token):
        if not isinstance(container, list):
            container[token] = value
        elif not inserts:
            container[int(token)] = value
        else:
            container.insert(len(container) if token == "-" else int(token), value)

    return changed(document, path, change) if path else value


def removed(document, path):
    def change(container, token):
        del container[int(token) if isinstance(container, list) else token]

    return changed(document, path, change) if path else None


def selected(view, event, data):
    view["selected"] = {"leaf": data["leaf"], "by": event["actor"]}


def cursor_moved(view, event, data):
    others = [cursor for cursor in view["cursors"] if cursor["actor"] != event["actor"]]
    view["cursors"] = (others + [{"actor": event["actor"], "seq": data["seq"], "at": event["at"]}])[-CURSORS:]


def not_asked(view, actor):
    return [entry for entry in view["floor"]["asked"] if entry["actor"] != actor]


def floor_requested(view, event, data):
    asked = not_asked(view, event["actor"]) + [{"actor": event["actor"], "at": event["at"], **data}]
    view["floor"] = {**view["floor"], "asked": asked}


def floor_taken(view, event, data):
    holder = {"actor": event["actor"], "since": event["at"], **data}
    view["floor"] = {"holder": holder, "asked": not_asked(view, event["actor"])}


def floor_returned(view, event, data):
    view["floor"] = {"asked": view["floor"]["asked"]}


def joined(view, event, data):
    left(view, event, data)
    view["presence"].append({"actor": event["actor"], "since": event["at"], **data})


def left(view, event, data):
    gone = (event["actor"], data["device"])
    view["presence"] = [one for one in view["presence"] if (one["actor"], one["device"]) != gone]


# Messages.


def add_message(view, event, data, status, parts):
    message = {key: data[key] for key in ("id", "parent", "role", "name", "edits", "mentions") if key in data}
    message.update({key: event[key] for key in ("run", "to") if key in event})
    message.update(seq=event["seq"], at=event["at"], author=event["actor"], status=status, parts=parts)
    message["chars"] = shared_chars(message)
    view["messages"].append(message)
    move_head(view, message)
    cool(view, audience(event.get("to")))


def move_head(view, message):
    if "to" in message or (message["role"] == "user" and "run" in message):
        return
    head = find(view["messages"], view["head"])
    beside = head and head["role"] == "assistant" and head["parent"] == message["parent"]
    if message["role"] == "user" or view["head"] in (None, message["parent"]) or beside:
        view["head"] = message["id"]


def cool(view, key):
    """Lets messages of one audience go while more is hot than the bounds allow."""
    needed = {run["input"] for run in view["runs"] if run["status"] != "ended"}
    own = [message for message in view["messages"] if audience(message.get("to")) == key]
    count, size, gone = len(own), sum(message["chars"] for message in own), set()
    for message in own[:-1]:
        if count <= MIN_MESSAGES or (count <= HOT_MESSAGES and size <= HOT_CHARS):
            break
        if message["status"] != "open" and message["id"] not in needed:
            gone.add(message["id"])
            count, size = count - 1, size - message["chars"]
    if not gone:
        return
    view["messages"] = [message for message in view["messages"] if message["id"] not in gone]
    if key == "":
        view["older"] += len(gone)
    else:
        older = view.setdefault("olderFor", {})
        older[key] = older.get(key, 0) + len(gone)


def new_part(start, **fields):
    text = {"text": start.get("text", "")} if start["kind"] in ("text", "reasoning", "tool") else {}
    return {**fields, **start, **text}


def message_added(view, event, data):
    parts = [new_part(start, id=str(index), status="closed") for index, start in enumerate(data["parts"])]
    add_message(view, event, data, "complete", parts)


def message_opened(view, event, data):
    message = find(view["messages"], data["id"])
    if message:
        reopen(message)
        cool(view, audience(event.get("to")))
    else:
        add_message(view, event, data, "open", [])


def reopen(message):
    message.pop("redacted", None)
    message["status"] = "open"


def message_closed(view, event, data):
    message = find(view["messages"], data["id"])
    if message:
        message["status"] = "complete"
    cool(view, audience(event.get("to")))


def part_opened(view, event, data):
    if "step" in data:
        restarted(view, event, data)
    message = find(view["messages"], data["message"])
    if not message:
        return
    part = new_part(data["start"], id=data["part"], status="open", attempt=data["attempt"])
    if "step" in data:
        part["step"] = data["step"]
    if "to" in event and audience(event["to"]) != audience(message.get("to")):
        part["to"] = event["to"]
    reopen(message)
    message["parts"].append(part)
    message["chars"] += 0 if "to" in part else chars(part)


def restarted(view, event, data):
    for message in view["messages"]:
        if message.get("run") != event["run"]:
            continue
        old = [p for p in message["parts"] if p.get("step") == data["step"] and p.get("attempt", 0) < data["attempt"]]
        if old:
            message["parts"] = [part for part in message["parts"] if part not in old]
            message["chars"] = shared_chars(message)


def change_part(view, data, change):
    message = find(view["messages"], data["message"])
    part = find(message["parts"], data["part"]) if message else None
    if not part:
        return
    before = chars(part)
    change(part)
    message["chars"] += 0 if "to" in part else chars(part) - before


def part_delta(view, event, data):
    change_part(view, data, lambda part: part.update(text=part["text"] + data["text"]))


def part_changed(view, event, data):
    change_part(view, data, lambda part: part.update(data["fields"]))


def part_closed(view, event, data):
    change_part(view, data, lambda part: part.update(data.get("fields", {}), status="closed"))


def redacted(view, event, data):
    message = find(view["messages"], data["message"])
    if not message:
        return
    for part in message["parts"]:
        if data.get("part", part["id"]) == part["id"]:
            blank(part)
    if "part" not in data:
        message["redacted"] = True


def blank(part):
    for key in ("text", "url"):
        if key in part:
            part[key] = BLOCK * units(part[key])
    for key in ("input", "output", "value"):
        if key in part:
            size = json_units(part[key])
            part[key] = 0 if size < 2 else BLOCK * (size - 2)
    if "error" in part:
        part["error"] = BLOCK * (json_units(part["error"]) - 2)
    for key in ("name", "title"):
        if key in part:
            part[key] = BLOCK
    if part["kind"] == "file":
        part["mediaType"] = "text/plain"
    part["redacted"] = True


# Runs.

IN_ONE_STATE = (
    "lapsedAt", "worker", "claimedAt", "leaseMs", "cancel", "suspendedAt", "waitsFor", "detail", "reason", "endedAt",
    "cancelledBy",
)


def enter(run, status, **fields):
    """Puts a run into a state: what belongs to the one before goes."""
    for name in IN_ONE_STATE:
        run.pop(name, None)
    run.update(fields, status=status)


def about_run(change):
    def rule(view, event, data):
        run = find(view["runs"], event["run"])
        if run:
            change(view, run, event, data)

    return rule


def queued(view, event, data):
    view["runs"].append({**data, "status": "queued", "by": event["actor"], "queuedAt": event["at"], "attempt": 0})


@about_run
def moved(view, run, event, data):
    runs = [other for other in view["runs"] if other is not run]
    before = data["before"]
    places = [len(runs)] if before is None else [i for i, other in enumerate(runs) if other["id"] == before]
    if places:
        runs.insert(places[0], run)
        view["runs"] = runs


@about_run
def claimed(view, run, event, data):
    enter(run, "active", claimedAt=event["at"], **data)


@about_run
def lapsed(view, run, event, data):
    run.pop("undelivered", None)
    enter(run, "queued", lapses=run.get("lapses", 0) + 1, lapsedAt=event["at"])
    settle(view, run, "open", lambda part: "interrupted")


@about_run
def cancel_requested(view, run, event, data):
    if run["status"] == "active":
        run["cancel"] = {"by": event["actor"], "at": event["at"]}


@about_run
def suspended(view, run, event, data):
    run.pop("undelivered", None)
    enter(run, "suspended", suspendedAt=event["at"], **{key: data[key] for key in ("waitsFor", "detail") if key in data})
    settle(view, run, "open", lambda part: "open" if lacks_result(part) else "closed")


@about_run
def woken(view, run, event, data):
    enter(run, "queued")


@about_run
def paused(view, run, event, data):
    run["paused"] = {"by": event["actor"], "at": event["at"]}


@about_run
def resumed(view, run, event, data):
    run.pop("paused", None)


@about_run
def used(view, run, event, data):
    count_usage(view, run, data["usage"])


@about_run
def steered(view, run, event, data):
    run.setdefault("steers", []).append({**data, "by": event["actor"], "at": event["at"], "status": "pending"})


@about_run
def steer_consumed(view, run, event, data):
    steer = next(steer for steer in run["steers"] if steer["message"] == data["message"])
    steer.update({"step": data["step"]} if "step" in data else {}, status="consumed")


@about_run
def steer_missed(view, run, event, data):
    next(steer for steer in run["steers"] if steer["message"] == data["message"]).update(data, status="missed")


@about_run
def undelivered(view, run, event, data):
    if run["status"] == "active":
        enter(run, "queued")
    run["undelivered"] = {**data, "at": event["at"]}
    settle(view, run, "open", lambda part: "interrupted")


@about_run
def retried(view, run, event, data):
    run.pop("undelivered", None)


def run_ended(view, event, data):
    end_run(view, event, data)
    cool(view, audience(event.get("to")))


@about_run
def end_run(view, run, event, data):
    count_usage(view, run, data.get("usage", {}))
    held = {"claimedAt": run["claimedAt"]} if run["status"] == "active" else {}
    by = run.get("cancel", {}).get("by")
    if run["status"] != "active" and data["reason"] == "cancelled":
        by = event["actor"]
    for name in ("undelivered", "paused"):
        run.pop(name, None)
    fields = {key: data[key] for key in ("reason", "detail") if key in data}
    enter(run, "ended", endedAt=event["at"], **fields, **held, **({"cancelledBy": by} if by else {}))
    complete = data["reason"] == "complete"
    end = "complete" if complete else "interrupted"
    settle(view, run, end, lambda part: "closed" if complete and not lacks_result(part) else "interrupted")
    drop_runs(view, run)


def count_usage(view, run, usage):
    add_usage(run, "usage", usage)
    add_usage(view, "usage", usage)
    parent = find(view["runs"], run.get("parent"))
    while parent:
        add_usage(parent, "childUsage", usage)
        parent = find(view["runs"], parent.get("parent"))


def add_usage(owner, name, usage):
    if usage:
        before = owner.get(name, {})
        owner[name] = {key: before.get(key, 0) + usage.get(key, 0) for key in {**before, **usage}}


def lacks_result(part):
    return part["kind"] == "tool" and "output" not in part and "error" not in part


def settle(view, run, status, change):
    """Ends what a run has open: its parts, and its messages unless they stay open."""
    for message in view["messages"]:
        if message.get("run") == run["id"] and message["status"] == "open":
            message["status"] = status
            for part in message["parts"]:
                if part["status"] == "open":
                    part["status"] = change(part)


def drop_runs(view, ends_now):
    runs, kept = view["runs"], set()
    for run in runs:
        parent = find(runs, run.get("parent"))
        if run["status"] == "ended":
            if parent and parent["status"] != "ended":
                kept.add(run["id"])
        while run["status"] != "ended" and parent:
            kept.add(parent["id"])
            parent = find(runs, parent.get("parent"))
    may_go = [run for run in runs if run["status"] == "ended" and run["id"] not in kept]
    over = max(0, len(may_go) - ENDED_RUNS)
    oldest = sorted((run for run in may_go if run is not ends_now), key=lambda run: run["endedAt"])[:over]
    view["runs"] = [run for run in runs if run not in oldest]


# Requests.


def is_open(request):
    return request["status"] in ("open", "claimed")


def request_opened(view, event, data):
    spec = data["spec"]
    request = {**data, "run": event["run"], "openedAt": event["at"], "status": "open"}
    if "answerers" in spec:
        request["answerers"] = spec["answerers"]
    if "expiresMs" in spec:
        request["expiresAt"] = event["at"] + spec["expiresMs"]
    view["requests"].append(request)


def about_request(change):
    def rule(view, event, data):
        request = find(view["requests"], data["id"])
        if request:
            change(request, event, data)
            if not is_open(request):
                drop_requests(view, audience(request["spec"].get("to")), request)

    return rule


def drop_requests(view, key, closes_now=None):
    closed = [one for one in view["requests"] if not is_open(one) and audience(one["spec"].get("to")) == key]
    over = max(0, len(closed) - CLOSED_REQUESTS)
    going_on = {run["id"] for run in view["runs"] if run["status"] != "ended"}
    may_go = [request for request in closed if request is not closes_now]
    order = sorted(may_go, key=lambda request: request["run"] in going_on)[:over]  # keeps the order within both
    view["requests"] = [request for request in view["requests"] if request not in order]


@about_request
def request_claimed(request, event, data):
    until = event["at"] + data["claimMs"]
    claim = {"by": event["actor"], "device": data["device"], "at": event["at"], "until": until}
    request.update(status="claimed", claim=claim)


@about_request
def request_released(request, event, data):
    request.pop("claim", None)
    request["status"] = "open"


@about_request
def request_answered(request, event, data):
    request.update(status="answered", answer=data["answer"], by=event["actor"], closedAt=event["at"])


@about_request
def request_expired(request, event, data):
    request.update(status="expired", answer=data["answer"], closedAt=event["at"])


@about_request
def request_escalated(request, event, data):
    request.update(escalated=True, answerers=data["answerers"], expiresAt=event["at"] + request["spec"]["expiresMs"])


@about_request
def request_withdrawn(request, event, data):
    request.update(status="withdrawn", detail=data["detail"], closedAt=event["at"])


RULES = {
    "session.created": created, "session.updated": updated, "session.forked": forked, "log.compacted": compacted,
    "document.patched": patched, "branch.selected": selected, "cursor.moved": cursor_moved,
    "floor.requested": floor_requested, "floor.taken": floor_taken, "floor.returned": floor_returned,
    "presence.joined": joined, "presence.left": left,
    "message.added": message_added, "message.opened": message_opened, "message.closed": message_closed,
    "part.opened": part_opened, "part.delta": part_delta, "part.changed": part_changed, "part.closed": part_closed,
    "step.restarted": restarted, "content.redacted": redacted,
    "run.queued": queued, "run.moved": moved, "run.claimed": claimed, "run.lapsed": lapsed,
    "run.cancel-requested": cancel_requested, "run.suspended": suspended, "run.woken": woken, "run.paused": paused,
    "run.resumed": resumed, "run.used": used, "run.steered": steered, "steer.consumed": steer_consumed,
    "steer.missed": steer_missed, "run.undelivered": undelivered, "run.retried": retried, "run.ended": run_ended,
    "request.opened": request_opened, "request.claimed": request_claimed, "request.released": request_released,
    "request.answered": request_answered, "request.expired": request_expired, "request.escalated": request_escalated,
    "request.withdrawn": request_withdrawn,
}


def fold_input():
    view = empty("")
    for line in sys.stdin:
        if line.strip():
            fold(view, json.loads(line))
        else:
            print(json.dumps(view), flush=True)
            view = empty("")


def follow(session):
    """Begins with a snapshot and goes on from its seq, for ever: each event comes once, in order."""
    path = os.environ.get("HEADRACE_URL", "http://127.0.0.1:4400").rstrip("/") + "/v1/sessions/"
    path += urllib.parse.quote(session, safe="")
    view = read(path)
    while True:
        for event in read(f"{path}/events?after={view['seq']}&live=long-poll")["events"]:
            fold(view, event)
            message = event.get("data", {}).get("id")
            for thing in (find(view["messages"], message), find(view["runs"], event.get("run"))):
                if thing and event["type"] != "part.delta":
                    print(event["seq"], event["type"], thing["id"], thing["status"], flush=True)


def read(url):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {os.environ['HEADRACE_TOKEN']}"})
    with urllib.request.urlopen(request, timeout=90) as response:
        return json.loads(response.read())


if __name__ == "__main__":
    try:
        fold_input() if sys.argv[1:] == ["-"] else follow(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(0)
