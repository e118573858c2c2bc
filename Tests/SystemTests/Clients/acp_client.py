"""A client made with the Agent Client Protocol's own Python package, unmodified, against an agent.

acp_client.py FOLDER PROGRAM [ARGUMENT...] opens a conversation in a folder, prompts twice, cancels the second turn as soon as something
is told of it, and prints what the client made of it all as one line of JSON.
"""

import asyncio
import json
import sys

import acp
from acp.schema import ClientCapabilities, DeniedOutcome, Implementation, RequestPermissionResponse


class Client(acp.Client):
    def __init__(self):
        self.kinds = []
        self.text = ""
        self.told = asyncio.Event()

    def on_connect(self, conn):
        pass

    async def session_update(self, session_id, update, **more):
        # The package has checked the update against its schema by now.
        self.kinds.append(update.session_update)
        if update.session_update == "agent_message_chunk":
            self.text += update.content.text
        self.told.set()

    async def request_permission(self, options, session_id, tool_call, **more):
        return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))


async def main():
    folder, program, *arguments = sys.argv[1:]
    client = Client()
    async with acp.spawn_agent_process(lambda agent: client, program, *arguments, cwd=folder) as (connection, process):
        identity = await connection.initialize(
            protocol_version=acp.PROTOCOL_VERSION, client_capabilities=ClientCapabilities(),
            client_info=Implementation(name="acp", version="1"),
        )
        session = await connection.new_session(cwd=folder, mcp_servers=[])

        def prompt():
            return connection.prompt(session_id=session.session_id, prompt=[acp.text_block("Explore this repository.")])

        first = await prompt()
        kinds, text = sorted(set(client.kinds)), client.text
        client.told.clear()
        second = asyncio.ensure_future(prompt())
        await client.told.wait()
        await connection.cancel(session_id=session.session_id)
        stopped = await second
        print(json.dumps({
            "version": identity.protocol_version, "name": identity.agent_info.name, "kinds": kinds, "text": text,
            "first": first.stop_reason, "second": stopped.stop_reason,
        }))


asyncio.run(main())
