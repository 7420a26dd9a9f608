"""A client of /ws/asr-stream written after the example in its document (seed 002)."""
import asyncio
import json
import sys

import websockets

from common import Order, finish, pcm16, pieces

uri, path, end, speed = sys.argv[1:5]


async def main():
    order, finals, interims, confidences = Order(), [], 0, []
    async with websockets.connect(uri) as websocket:
        config = {"language_code": "en-US", "sample_rate_hertz": 16000, "encoding": "LINEAR16"}
        await websocket.send(json.dumps(config))
        ack = json.loads(await websocket.recv())
        order.add(ack["type"])

        async def send():
            for piece in pieces(pcm16(path), 4096):
                await websocket.send(piece)
                await asyncio.sleep(4096 / 32000 / float(speed))
            await websocket.send(b"" if end == "empty" else end)

        sending = asyncio.create_task(send())
        while True:
            message = json.loads(await websocket.recv())
            order.add(message["type"])
            if message["type"] == "transcript":
                if message["is_final"]:
                    finals.append(message["text"])
                    confidences.append(message["confidence"])
                else:
                    interims += 1
            elif message["type"] == "complete":
                break
        await sending
    finish(text=" ".join(finals), order=order.kinds, interims=interims, confidences=confidences, ack=ack)


asyncio.run(main())
