"""WhisperLiveKit's /asr in mode=diff: applies the changes as its protocol describes them and compares nothing else."""
import asyncio
import json
import sys

import websockets

from common import Order, finish, pcm16, pieces

uri, path = sys.argv[1:3]


async def main():
    order, lines = Order(), []
    async with websockets.connect(uri) as websocket:
        config = json.loads(await websocket.recv())
        order.add(config["type"])

        async def send():
            for piece in pieces(pcm16(path), 3200):
                await websocket.send(piece)
                await asyncio.sleep(0.02)
            await websocket.send(b"")

        sending = asyncio.create_task(send())
        async for text in websocket:
            message = json.loads(text)
            kind = message.get("type", "state")
            order.add(kind)
            if kind == "ready_to_stop":
                break
            if kind == "snapshot":
                lines = message["lines"]
            elif kind == "diff":
                lines = lines[message.get("lines_pruned", 0) :]
                fresh = message.get("new_lines", [])
                lines = lines[: message["n_lines"] - len(fresh)] + fresh
                assert len(lines) == message["n_lines"]
        await sending
    text = " ".join(line["text"] for line in lines if line["speaker"] != -2)
    finish(text=text, order=order.kinds, worklet=config["useAudioWorklet"])


asyncio.run(main())
