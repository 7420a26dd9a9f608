"""A client of /ws as its document describes it (seed 004): the file in pieces, END, the full transcription."""
import asyncio
import json
import sys

import websockets

from common import Order, finish

uri, path, size = sys.argv[1:4]


async def main():
    order, parts = Order(), []
    async with websockets.connect(uri) as websocket:
        order.add(json.loads(await websocket.recv())["type"])

        async def send():
            with open(path, "rb") as file:
                while piece := file.read(int(size)):
                    await websocket.send(piece)
                    await asyncio.sleep(0.01)
            await websocket.send("END")

        sending = asyncio.create_task(send())
        while True:
            message = json.loads(await websocket.recv())
            order.add(message["type"])
            if message["type"] == "transcription":
                parts.append(message["text"])
            elif message["type"] == "status":
                break
        await sending
    finish(text=message["full_transcription"], parts=" ".join(parts), order=order.kinds, status=message["status"])


asyncio.run(main())
