"""The official client for Anthropic's API, unmodified, against a gateway.

anthropic_client.py ADDRESS SCENARIO... plays scenarios one after another and prints what the client made of each as JSON on a line of its
own. "plain:2" plays one in a conversation that has two answers already; the rehearsal plays the turn of that number. The key is in the
environment, as GATEWAY_KEY.
"""

import json
import os
import sys
import time

import anthropic

address, *plan = sys.argv[1:]
client = anthropic.Anthropic(base_url=address, api_key=os.environ.get("GATEWAY_KEY", "wrong"), auth_token=None, max_retries=2)
opening = [{"role": "user", "content": "Hello"}]
exchange = [{"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Go on"}]
conversation = []
request = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": conversation}
tools = [{"name": "Bash", "description": "Runs a command", "input_schema": {"type": "object"}}]


def told(message):
    usage = message.usage
    return {
        "text": "".join(block.text for block in message.content if block.type == "text"),
        "thoughts": "".join(block.thinking for block in message.content if block.type == "thinking"),
        "calls": [{"name": block.name, "input": block.input} for block in message.content if block.type == "tool_use"],
        "reason": message.stop_reason,
        "usage": [usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens, usage.output_tokens],
    }


def streamed(**more):
    pieces = []
    with client.messages.stream(**request, **more) as stream:
        for event in stream:
            if event.type == "text":
                pieces.append(event.text)
        whole = told(stream.get_final_message())
    return whole | {"pieces": len(pieces), "isWhole": "".join(pieces) == whole["text"]}


scenarios = {
    "plain": lambda: told(client.messages.create(**request)),
    "tools": lambda: told(client.messages.create(**request, tools=tools)),
    "streamed": lambda: streamed(),
    "streamed tools": lambda: streamed(tools=tools),
    "count": lambda: {"isCounted": client.messages.count_tokens(model="claude-sonnet-4-5", messages=conversation).input_tokens > 0},
    "models": lambda: {"models": [model.id for model in client.models.list()]},
}
for step in plan:
    scenario, _, turn = step.partition(":")
    conversation[:] = opening + exchange * int(turn or 0)
    begun = time.monotonic()
    try:
        result = scenarios[scenario]()
    except Exception as error:
        status = getattr(error, "status_code", None)
        headers = error.response.headers if status else {}
        result = {
            "error": type(error).__name__,
            "kinds": [kind.__name__ for kind in type(error).__mro__],
            "status": status,
            "message": str(error),
            "retryAfter": headers.get("retry-after"),
            "seconds": int(time.monotonic() - begun),
        }
    print(json.dumps(result))
