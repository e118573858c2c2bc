"""The official client for OpenAI's API, unmodified, against a gateway.

openai_client.py ADDRESS SCENARIO... plays scenarios one after another and prints what the client made of each as JSON on a line of its
own. "plain:2" plays one in a conversation that has two answers already; the rehearsal plays the turn of that number. The key is in the
environment, as GATEWAY_KEY.
"""

import json
import os
import sys
import time

import openai

address, *plan = sys.argv[1:]
client = openai.OpenAI(base_url=address, api_key=os.environ.get("GATEWAY_KEY", "wrong"), max_retries=2)
opening = [{"role": "user", "content": "Hello"}]
exchange = [{"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Go on"}]
conversation = []
function = {"name": "Bash", "description": "Runs a command", "parameters": {"type": "object"}}


def call(name, arguments):
    return {"name": name, "input": json.loads(arguments)}


def chat(**more):
    answer = client.chat.completions.create(model="gpt-5", messages=conversation, max_completion_tokens=100, **more)
    choice, usage = answer.choices[0], answer.usage
    return {
        "text": choice.message.content,
        "calls": [call(one.function.name, one.function.arguments) for one in choice.message.tool_calls or []],
        "reason": choice.finish_reason,
        "usage": [usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens, usage.completion_tokens],
    }


def chat_streamed(**more):
    stream = client.chat.completions.create(model="gpt-5", messages=conversation, max_completion_tokens=100, stream=True, **more)
    chunks = list(stream)
    choices = [choice for chunk in chunks for choice in chunk.choices]
    return {
        "text": "".join(choice.delta.content or "" for choice in choices),
        "reason": [choice.finish_reason for choice in choices if choice.finish_reason][-1],
        "usages": [chunk.usage.completion_tokens for chunk in chunks if chunk.usage],
        "empty": len([chunk for chunk in chunks if not chunk.choices]),
    }


def responses(**more):
    answer = client.responses.create(model="gpt-5", input=conversation, max_output_tokens=100, **more)
    usage = answer.usage
    return {
        "text": answer.output_text,
        "calls": [call(one.name, one.arguments) for one in answer.output if one.type == "function_call"],
        "reason": answer.status,
        "usage": [usage.input_tokens, usage.input_tokens_details.cached_tokens, usage.output_tokens],
    }


def responses_streamed():
    stream = client.responses.create(model="gpt-5", input=conversation, max_output_tokens=100, stream=True)
    events = list(stream)
    return {
        "text": "".join(event.delta for event in events if event.type == "response.output_text.delta"),
        "first": events[0].type,
        "last": events[-1].type,
        "output": events[-1].response.usage.output_tokens,
    }


scenarios = {
    "chat": lambda: chat(),
    "chat tools": lambda: chat(tools=[{"type": "function", "function": function}]),
    "chat streamed": lambda: chat_streamed(),
    "chat streamed with usage": lambda: chat_streamed(stream_options={"include_usage": True}),
    "responses": lambda: responses(),
    "responses tools": lambda: responses(tools=[{"type": "function"} | function]),
    "responses streamed": lambda: responses_streamed(),
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
